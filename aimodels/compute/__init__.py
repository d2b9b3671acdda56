"""Pure functions of the models: forecasts, scores. They know arrays, never regimes or lists."""
