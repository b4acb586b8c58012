#!/bin/bash
# schedule.t: tasks that are filed again and again.  Failures that it names: a
# zone or its changes that are not heeded, a run that comes twice, never, or
# while it is paused, and what a restart forgets or makes up for.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2"
next() { ctl schedule next "$@" | cut -d' ' -f1; }

# -- what is understood
out=$(ctl schedule add nightly -p web --cron "0 3 * * 1-5" --tz Europe/Berlin \
    --label night --timeout 5m --run "echo x > new")
is "$?,$out" "0," "a schedule is added"
is "$(ctl schedule list)" nightly "and listed"
like "$(ctl schedule show nightly)" '^cron: 0 3 \* \* 1-5$' "and shown"
is "$(ctl schedule next nightly -n 9 | wc -l)" 9 "with its next runs"
like "$(ctl schedule next nightly | head -1)" \
    '^20..-..-..T0[12]:00:00Z  (Mon|Tue|Wed|Thu|Fri) 20..-..-.. 03:00 \+0[12]00$' "in both times"
is "$(ctl --json schedule next nightly -n 1 | field kind)" run "also to programs"
ctl schedule add lord -p web --cron "15 2 * * *" --tz Australia/Lord_Howe --run true
like "$(next lord -n 400)" 'T15:30:00Z' "a time that the clock skips is the moment after the gap"
is "$(next lord -n 400 | sort -u | wc -l)" 400 "and no run comes twice"
err=$(ctl schedule add bad -p web --cron "0 25 * * *" --run true 2>&1)
is $? 2 "an hour that there is not is refused"
like "$err" 'cron: the hour must be of 0 to 23' "and told"
err=$(ctl schedule add bad -p web --cron "0 3 * * *" --tz Mars/Base --run true 2>&1)
is $? 2 "a zone that there is not, too"
err=$(ctl schedule add bad -p web --cron "0 0 30 2 *" --run true 2>&1)
like "$err" 'cron: that never comes' "and a day that never comes"
err=$(ctl schedule add nightly -p web --cron "@daily" --run true 2>&1)
is $? 5 "a name that is taken is refused"
err=$(ctl schedule show nothere 2>&1)
is $? 3 "there is no such schedule"
err=$(ctl project remove web 2>&1)
is $? 5 "a project with schedules is not removed"

# -- runs: within a minute, also when the engine is killed meanwhile
ctl schedule add often -p web --cron "* * * * *" --overlap allow --run "echo x >> often"
ctl schedule pause lord
is "$(ctl schedule next lord)" "" "a paused schedule has no next run"
kill -9 "$(pid_of engine)"
await_ctl
is "$(ctl schedule list | sort | xargs)" "lord nightly often" "kill -9 of the engine forgets none"
# A minute has to pass for this; one mode is enough.
if [ "$MODE" = system ]; then
	at=$(next often -n 1)
	ran=$(ctl --json events -f -t schedule.ran | grep -m1 '"often"')
	like "$ran" "\"at\":\"${at%Z}" "a run comes at its time"
	name=often-$(echo "${at%:00Z}Z" | tr -d :-)
	ctl task wait "$name" >/dev/null
	is $? 0 "its task has its time in its name, and runs"
	ok $(($(date -u -d "$(next often -n 1)" +%s) <= $(date -u -d "$at" +%s))) "the next run is after it"
fi

# -- a restart
stop_daemon && run_daemon
ok $? "praetord is started again"
is "$(ctl schedule list | sort | xargs)" "lord nightly often" "a restart forgets none"
ctl schedule resume lord
is "$(ctl schedule next lord -n 1 | wc -l)" 1 "a resumed schedule has a next run"
ctl schedule remove often
is "$(ctl schedule list | sort | xargs)" "lord nightly" "those that are removed are gone"
ctl replay verify >/dev/null
is $? 0 "the log makes the same state"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
