"""Which models forecast, what each has shown, why it may serve or not, and the work that is done on them."""
