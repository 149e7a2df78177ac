"""What each customer owes, in cents: python receivables.py BOOTSTRAP billing.invoices.v1 FILE.sqlite"""

import json
import sqlite3
import sys

from kafka import KafkaConsumer, TopicPartition

EFFECTS = {
    "opened.v1": "INSERT INTO entry VALUES (:invoice_id, 'total', :customer_id, cents(:amount))",
    "installment_paid.v1": "INSERT INTO entry SELECT invoice, :payment_id, customer, -cents(:settled_amount)"
    " FROM entry WHERE invoice = :invoice_id AND what = 'total'",
    "payment_reversed.v1": "DELETE FROM entry WHERE invoice = :invoice_id AND what = :payment_id",
    "cancelled.v1": "DELETE FROM entry WHERE invoice = :invoice_id",
}
for kind in "line_added.v1", "definitive_value_set.v1", "installment_repriced.v1":
    EFFECTS[kind] = "UPDATE entry SET cents = cents(:amount) WHERE invoice = :invoice_id AND what = 'total'"
server, topic, file = sys.argv[1:]
db = sqlite3.connect(file)
db.create_function("cents", 1, lambda money: int(money.replace(".", "")))
db.executescript("""CREATE TABLE IF NOT EXISTS place (part PRIMARY KEY, next);
CREATE TABLE IF NOT EXISTS entry (invoice, what, customer, cents, PRIMARY KEY (invoice, what));
CREATE VIEW IF NOT EXISTS receivables AS SELECT customer, sum(cents) cents FROM entry GROUP BY customer;""")
consumer = KafkaConsumer(bootstrap_servers=server, isolation_level="read_committed", auto_offset_reset="none")
consumer.assign([TopicPartition(topic, part) for part in consumer.partitions_for_topic(topic)])
for part in consumer.assignment():
    consumer.seek(part, dict(db.execute("SELECT part, next FROM place")).get(part.partition, 0))
while True:
    for part, records in consumer.poll(timeout_ms=1000).items():
        with db:  # one transaction: what the messages change, and from where to read on
            for message in (json.loads(record.value) for record in records):
                db.execute(EFFECTS.get(message["type"].split(".", 2)[2], "SELECT 1"), message["data"])
            db.execute("REPLACE INTO place VALUES (?, ?)", (part.partition, records[-1].offset + 1))
