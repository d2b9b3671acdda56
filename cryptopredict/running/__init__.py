"""``manage.py up``: the whole product as one group of processes that begins and ends together.

The parent loads Django once and forks its children: preparation, web, worker, beat. It never opens a connection and
never loads a numeric library, because their threads would not survive a fork.
"""
