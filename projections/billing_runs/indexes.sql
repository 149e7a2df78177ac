CREATE INDEX {billing_runs}_planned ON {billing_runs} (planned_at, run_id);
CREATE INDEX {billing_runs}_hash ON {billing_runs} (plan_hash);
