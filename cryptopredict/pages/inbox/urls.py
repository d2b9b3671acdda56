"""Addresses of the pages of messages."""

from django.urls import path

from cryptopredict.pages.inbox import views

urlpatterns = [
    path("notifications", views.InboxPage.as_view(), name="inbox"),
    path("notifications/unread", views.Unread.as_view(), name="unread"),
    path("notifications/read", views.ReadAll.as_view(), name="read-all"),
    path("notifications/deliveries", views.LogPage.as_view(), name="deliveries"),
    path("notifications/deliveries.csv", views.LogFile.as_view(), name="deliveries-csv"),
    path("notifications/deliveries/<int:pk>/again", views.TryAgain.as_view(), name="delivery-again"),
    path("notifications/<int:pk>/<slug:action>", views.MessageAction.as_view(), name="message-action"),
]
