"""What each customer owes, in cents: python receivables.py BOOTSTRAP billing.invoices.v1 FILE.sqlite"""

import json
import sqlite3
import sys

from kafka import KafkaConsumer, TopicPartition

NEW_TOTAL = "UPDATE invoice SET cents = cents(:amount) WHERE id = :invoice_id"
EFFECTS = {
    "opened.v1": "INSERT INTO invoice VALUES (:invoice_id, :customer_id, cents(:amount))",
    "line_added.v1": NEW_TOTAL,
    "definitive_value_set.v1": NEW_TOTAL,
    "installment_repriced.v1": NEW_TOTAL,
    "installment_paid.v1": "INSERT INTO receipt VALUES (:invoice_id, :payment_id, cents(:settled_amount))",
    "payment_reversed.v1": "DELETE FROM receipt WHERE invoice = :invoice_id AND payment = :payment_id",
    "cancelled.v1": "DELETE FROM invoice WHERE id = :invoice_id",
}
SCHEMA = """CREATE TABLE IF NOT EXISTS place (part PRIMARY KEY, next);
CREATE TABLE IF NOT EXISTS invoice (id PRIMARY KEY, customer, cents);
CREATE TABLE IF NOT EXISTS receipt (invoice, payment, cents, PRIMARY KEY (invoice, payment));
CREATE VIEW IF NOT EXISTS receivables AS SELECT customer, sum(cents - (SELECT coalesce(sum(cents), 0)
    FROM receipt WHERE invoice = invoice.id)) AS cents FROM invoice GROUP BY customer;"""
bootstrap, topic, file = sys.argv[1:]
db = sqlite3.connect(file)
db.create_function("cents", 1, lambda money: int(money.replace(".", "")))
db.executescript(SCHEMA)
only = {"isolation_level": "read_committed", "enable_auto_commit": False, "auto_offset_reset": "none"}
consumer = KafkaConsumer(bootstrap_servers=bootstrap, **only)
consumer.assign([TopicPartition(topic, part) for part in consumer.partitions_for_topic(topic)])
consumer.seek_to_beginning()
for part, following in db.execute("SELECT part, next FROM place"):
    consumer.seek(TopicPartition(topic, part), following)
while True:
    for part, records in consumer.poll(timeout_ms=1000).items():
        with db:  # one transaction: what the messages change, and from where to read on
            for message in (json.loads(record.value) for record in records):
                effect = EFFECTS.get(message["type"].removeprefix("billing.invoice."), "SELECT 1")
                db.execute(effect, message["data"])
            db.execute("REPLACE INTO place VALUES (?, ?)", (part.partition, records[-1].offset + 1))
