"""Addresses of the pages of lists."""

from django.urls import path

from cryptopredict.pages.watchlists import doors, views

urlpatterns = [
    path("watchlists", views.watchlists, name="watchlists"),
    path("watchlists/new", doors.NewList.as_view(), name="watchlist-new"),
    path("watchlists/<int:pk>", views.watchlist, name="watchlist"),
    path("watchlists/<int:pk>.csv", views.watchlist_csv, name="watchlist-csv"),
    path("watchlists/<int:pk>/change", doors.ChangeList.as_view(), name="watchlist-change"),
    path("watchlists/<int:pk>/copy", doors.CopyList.as_view(), name="watchlist-copy"),
    path("watchlists/<int:pk>/delete", doors.DeleteList.as_view(), name="watchlist-delete"),
    path("watchlists/<int:pk>/undo", doors.UndoChange.as_view(), name="watchlist-undo"),
    path("watchlists/<int:pk>/place/<slug:way>", doors.MoveList.as_view(), name="watchlist-move"),
    path("watchlists/<int:pk>/add", doors.AddEntry.as_view(), name="watchlist-add"),
    path("watchlists/<int:pk>/order", doors.OrderEntries.as_view(), name="watchlist-order"),
    path("watchlists/<int:pk>/entries/<int:entry_id>", views.entry, name="watchlist-entry"),
    path(
        "watchlists/<int:pk>/entries/<int:entry_id>/change",
        doors.ChangeEntry.as_view(),
        name="watchlist-entry-change",
    ),
    path(
        "watchlists/<int:pk>/entries/<int:entry_id>/<slug:action>",
        doors.EntryAction.as_view(),
        name="watchlist-entry-action",
    ),
    path("watchlists/<int:pk>/suggestions/<int:suggestion>", doors.Review.as_view(), name="watchlist-review"),
]
