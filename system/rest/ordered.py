"""What is answered to an order of background work."""

from rest_framework import serializers, status
from rest_framework.response import Response

from system.models import BackgroundTask


class OrderedSerializer(serializers.Serializer):
    """An order that waits for a worker."""

    task_id = serializers.IntegerField(help_text="Admins see how it goes at /system/tasks/{id}")


def accepted(order: BackgroundTask, *, see: str | None = None) -> Response:
    """The order was taken.

    Args:
        order: its row.
        see: where the caller finds out what came of it, if not at the task.
    """
    headers = {"Location": see or f"/api/v1/system/tasks/{order.pk}"}
    return Response({"task_id": order.pk}, status=status.HTTP_202_ACCEPTED, headers=headers)
