"""What the API is compared with: the same rows by REST framework as it comes, under Django's own ASGI handler.

Served by ``api.py``. Model serializers, model viewsets and the classes that REST framework takes when nobody says
anything; the middlewares of the product, the same database. Only the size of a page is given, because the default is no
pages at all, who may write, and that connections to the database end with a request, as Django asks for under ASGI.
"""

from typing import Any

PREFIX = "peer/"


def rest_framework() -> Any:
    """The application."""
    from django.conf import settings
    from django.core.asgi import get_asgi_application

    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0  # as Django's documentation asks for under ASGI
    application = get_asgi_application()
    from django.urls import include, path

    from cryptopredict import urls

    urls.urlpatterns.insert(0, path(PREFIX, include(routes())))
    return application


def routes() -> list[Any]:
    """Assets with their candles, signals, sectors, people and lists."""
    from rest_framework import pagination, permissions, serializers, viewsets
    from rest_framework.routers import DefaultRouter
    from rest_framework.settings import DEFAULTS, import_from_string

    from accounts.models import User
    from assets.models import Asset, PriceData
    from sectors.models import Sector
    from selection.models import Watchlist
    from trading.models import AITradingSignal

    class Pages(pagination.LimitOffsetPagination):
        default_limit = 50

    def default(name: str) -> Any:
        found: Any = DEFAULTS
        return [import_from_string(one, name) for one in found[name]]

    def viewset(kind: Any, rows: Any, *, writes: bool = False) -> Any:
        meta = type("Meta", (), {"model": kind, "fields": "__all__", "read_only_fields": ("user",)})
        form = type(f"{kind.__name__}Form", (serializers.ModelSerializer,), {"Meta": meta})
        bases = (viewsets.ModelViewSet if writes else viewsets.ReadOnlyModelViewSet,)
        own: dict[str, Any] = {
            "queryset": rows,
            "serializer_class": form,
            "pagination_class": Pages,
            "permission_classes": (permissions.IsAuthenticatedOrReadOnly,),
            "authentication_classes": default("DEFAULT_AUTHENTICATION_CLASSES"),
            "renderer_classes": default("DEFAULT_RENDERER_CLASSES"),
            "parser_classes": default("DEFAULT_PARSER_CLASSES"),
            "throttle_classes": (),
            "filter_backends": (),
        }
        if writes:
            own["perform_create"] = lambda self, form: form.save(user=self.request.user)
        return type(f"{kind.__name__}Doors", bases, own)

    class Candles(viewset(PriceData, PriceData.objects.all())):  # type: ignore[misc]
        def get_queryset(self) -> Any:
            found = PriceData.objects.filter(asset_id=self.request.query_params["asset"], timeframe="1h")
            return found.order_by("-candle_time")

    router = DefaultRouter(trailing_slash=False)
    router.register("candles", Candles, basename="peer-candles")
    router.register("assets", viewset(Asset, Asset.objects.order_by("pk")), basename="peer-assets")
    router.register("sectors", viewset(Sector, Sector.objects.order_by("pk")), basename="peer-sectors")
    signals = AITradingSignal.objects.filter(series="live").order_by("-pk")
    router.register("signals", viewset(AITradingSignal, signals), basename="peer-signals")
    router.register("users", viewset(User, User.objects.order_by("pk")), basename="peer-users")
    lists = Watchlist.objects.order_by("pk")
    router.register("watchlists", viewset(Watchlist, lists, writes=True), basename="peer-watchlists")
    return list(router.urls)
