"""The desk: the book's pages in a browser, and three acts that a passkey signs. Imported when `heirloom desk` runs."""
