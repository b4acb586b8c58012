#!/bin/bash
# The same in user mode: an ordinary user starts everything.
MODE=user exec "$(dirname "$0")/schedule.t"
