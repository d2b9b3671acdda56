"""Runs of the pipeline in JSON."""

from system.models import PipelineRun
from system.rest import ResourceSerializer


class RunSerializer(ResourceSerializer):
    """One run of the pipeline."""

    class Meta:
        model = PipelineRun
        only = (
            "id",
            "series",
            "timeframe",
            "as_of",
            "status",
            "code_version",
            "configuration",
            "model_versions",
            "counts",
            "error",
            "started_at",
            "finished_at",
        )
