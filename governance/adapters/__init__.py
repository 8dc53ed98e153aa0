"""One foreign system per file or folder; heavy libraries are imported inside functions here, and nowhere below."""
