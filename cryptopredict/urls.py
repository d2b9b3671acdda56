"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from cryptopredict.health import healthz, readyz
from cryptopredict.observing.views import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("cryptopredict.pages.urls")),
    path("", include("accounts.urls")),
    path("", include("trading.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("cryptopredict.api.urls")),
]

handler500 = "cryptopredict.pages.errors.server_error"
