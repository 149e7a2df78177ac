-- What waits is a small part of all that ever came.
CREATE INDEX {settlements}_waiting ON {settlements} (listed_on, settlement_id) WHERE state = 'unidentified';
CREATE INDEX {settlements}_named ON {settlements} (named_invoice) WHERE state = 'unidentified';
CREATE INDEX {settlements}_nosso ON {settlements} (nosso_key) WHERE nosso_key IS NOT NULL;
CREATE INDEX {settlements}_livre ON {settlements} (campo_livre) WHERE state = 'unidentified';
CREATE INDEX {settlements}_listed ON {settlements} (listed_on, settlement_id);
CREATE INDEX {settlements}_invoice ON {settlements} (invoice_id);
CREATE INDEX {settlements}_customer ON {settlements} (customer_id) WHERE customer_id IS NOT NULL;
-- People look for an amount as often as for a number.
CREATE INDEX {settlements}_amount ON {settlements} (amount);
CREATE INDEX {settlements}_reference ON {settlements} (reference);
CREATE INDEX {settlements}_excess ON {settlements} (listed_on, settlement_id) WHERE excess > 0;
