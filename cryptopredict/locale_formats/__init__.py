"""How Django writes times by itself, such as in the lists of the admin: as the pages do, with their zone."""
