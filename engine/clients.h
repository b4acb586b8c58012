/*
 * Clients, as the frontend brings them: commands in, answers out.  Commands
 * that change something become inputs of a turn; the others are answered
 * here, from the state and the store as they are after the commit.
 */
#ifndef ENGINE_CLIENTS_H
#define ENGINE_CLIENTS_H

#include "engine/engine.h"

/* Take the socket of a new frontend; requests of the old one are gone. */
void	 clients_connect(struct engine *e, int fd);
void	 clients_close(struct engine *e);

/* 1 when a command only reads. */
int	 clients_reads(const struct input *in);

/* Begin a command that only reads; takes its records out of the input. */
void	 clients_start(struct engine *e, struct input *in);

/* Send an answer made of encoded views and one v_done. */
void	 clients_answer(struct engine *e, uint32_t request,
	    const struct buf *body);

/* The state, or only the output of steps, has changed: go on. */
void	 clients_pump(struct engine *e);
void	 clients_output(struct engine *e);

/* The parent's answers, in the order of the questions; row is taken. */
void	 clients_row(struct engine *e, struct rec *row);
void	 clients_rows_end(struct engine *e);
void	 clients_reloaded(struct engine *e, int err, const char *text);

/* The reviewer's pieces of a patch, its end, and its own end. */
void	 clients_diff(struct engine *e, uint32_t number, const void *p,
	    size_t n);
void	 clients_diff_end(struct engine *e, uint32_t number, int err,
	    const char *text);
void	 clients_diff_lost(struct engine *e);

#endif
