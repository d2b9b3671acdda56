"""Reads of the models."""

from aimodels.selectors.record import ForecastRecord, forecast_record

__all__ = ["ForecastRecord", "forecast_record"]
