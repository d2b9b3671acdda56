"""The backtest: orders followed over candles, an account that takes what it has room for, and what that is worth."""
