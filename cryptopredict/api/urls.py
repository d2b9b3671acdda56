"""The API: one list of the routes of every app, the older spellings, the schema and its documentation."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

# The reference makes its styles as it is drawn; it shows our own document and nothing that anybody has written.
OWN_STYLES = csp_replace({"style-src": [SELF, UNSAFE_INLINE]})

urlpatterns = [
    path("v1/", include("system.api.urls")),
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("assets.api.urls")),
    path("v1/", include("macro.api.urls")),
    path("v1/", include("sectors.api.urls")),
    path("v1/", include("aimodels.api.urls")),
    path("v1/", include("selection.api.urls")),
    path("v1/", include("trading.api.urls")),
    path("v1/", include("cryptopredict.api.dashboard_urls")),
    path("v1/", include("cryptopredict.api.export_urls")),
    path("v1/", include("cryptopredict.api.system_urls")),
    path("v1/", include("cryptopredict.api.aliases")),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(template_name="api/docs.html"), name="docs"),
    path("redoc", OWN_STYLES(SpectacularRedocView.as_view(template_name="api/redoc.html")), name="redoc"),
]
