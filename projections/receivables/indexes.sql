-- A nosso número that begins with the convênio is looked for by its end: people know the number behind it.
CREATE INDEX {receivable_boletos}_end ON {receivable_boletos} (reverse(nosso_numero) COLLATE "C") WHERE length(nosso_numero) > 8;
