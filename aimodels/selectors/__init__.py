"""Reads of the models."""

from aimodels.selectors.outcomes import Chosen
from aimodels.selectors.record import ForecastRecord, Part, forecast_record, record_by, records_by

__all__ = ["Chosen", "ForecastRecord", "Part", "forecast_record", "record_by", "records_by"]
