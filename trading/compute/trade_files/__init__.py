"""Files of trades: bytes in, lines and faults out. Nothing here knows assets, portfolios or languages."""
