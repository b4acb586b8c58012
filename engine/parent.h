/*
 * What the parent sends: sessions' lives, and answers to questions.
 */
#ifndef ENGINE_PARENT_H
#define ENGINE_PARENT_H

#include "engine/engine.h"

/* By enum msg_type, for role_start(); arg is the role's struct. */
extern msg_handler *const	 parent_handlers[MSG_MAX];

#endif
