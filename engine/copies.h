/*
 * What copies of the engine are asked for (engine/work.h), and what the engine
 * does with its database beside them.
 */
#ifndef ENGINE_COPIES_H
#define ENGINE_COPIES_H

#include "engine/request.h"

start_fn	 read_replay_verify, read_replay_at;
start_fn	 read_db_check, read_db_backup, read_db_vacuum;
start_fn	 read_db_export, read_db_key;

#endif
