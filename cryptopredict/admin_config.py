"""Makes ``django.contrib.admin.site`` ours. Apart from the site itself, because this is read before models are."""

from django.contrib.admin.apps import SimpleAdminConfig


class ProductAdminConfig(SimpleAdminConfig):
    """The admin without its pages, which bring in every service: the site loads them where they are looked at."""

    default_site = "cryptopredict.admin_site.ProductAdminSite"
