"""Makes ``django.contrib.admin.site`` ours. Apart from the site itself, because this is read before models are."""

from django.contrib.admin.apps import AdminConfig


class ProductAdminConfig(AdminConfig):
    default_site = "cryptopredict.admin_site.ProductAdminSite"
