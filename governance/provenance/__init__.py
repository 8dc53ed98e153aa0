"""Where every row came from: the row schema, the mapping into it, the rules, and the audit of a batch."""
