"""Addresses of the pages of the journal."""

from django.urls import path

from cryptopredict.pages.journal import views

ONE = "journal/<int:pk>"
urlpatterns = [
    path("journal", views.Journal.as_view(), name="journal"),
    path("journal.csv", views.JournalFile.as_view(), name="journal-csv"),
    path("journal/calendar", views.Calendar.as_view(), name="journal-calendar"),
    path("journal/calendar.csv", views.CalendarFile.as_view(), name="journal-calendar-csv"),
    path("journal/statistics", views.Statistics.as_view(), name="journal-statistics"),
    path("journal/statistics.csv", views.StatisticsFile.as_view(), name="journal-statistics-csv"),
    path(ONE, views.Entry.as_view(), name="journal-entry"),
    path(f"{ONE}/note", views.QuickNote.as_view(), name="journal-note"),
    path(f"{ONE}/reverse", views.Reverse.as_view(), name="journal-reverse"),
    path(f"{ONE}/correct", views.Correct.as_view(), name="journal-correct"),
    path(f"{ONE}/pictures", views.AddPicture.as_view(), name="journal-picture"),
    path(f"{ONE}/pictures/<int:picture>/remove", views.RemovePicture.as_view(), name="journal-picture-remove"),
]
