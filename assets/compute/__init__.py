"""Pure functions over candles: periods, indicators, aggregation."""
