#!/bin/sh
# PostgreSQL's archive_command where the log is sealed: has the sealer keep a file, and waits for its word.
# Arguments: the path of the file, its name, the directory of the archive, that of the questions, seconds to wait.
# We run as a user who need not be able to run Python; the sealer was begun by somebody who is (see sealer.py).
set -u
umask 077
question="$4/$2.$$"
trap 'rm -f "$question" "$question.draft" "$question.answer"' EXIT
trap 'exit 1' HUP INT QUIT TERM
rm -f "$question.answer"
printf '%s\n%s\n' "$PWD/$1" "$3" >"$question.draft" && mv "$question.draft" "$question" || exit 1

# The tries are counted, not the time: where the clock jumps nothing is given up too early.
left=$(($5 * 20))
while [ ! -e "$question.answer" ]; do
    if [ $left -le 0 ]; then
        echo "the sealer of the log does not answer; see sealer.log" >&2
        exit 1
    fi
    left=$((left - 1))
    sleep 0.05
done
# An empty answer: it is kept. Else it says what is wrong, and PostgreSQL tries again.
[ -s "$question.answer" ] || exit 0
cat "$question.answer" >&2
exit 1
