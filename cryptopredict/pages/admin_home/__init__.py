"""The first page of the admin: what wants to be done, and how the product stands."""
