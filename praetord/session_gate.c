/*
 * Parent: sessions and the gateway.  A session that no rule names has no
 * socket to it at all; the others get one when they are live and another one
 * whenever the gateway was started again.  What a session may reach was
 * settled when it was started and is told to every gateway the same.
 */
#include <unistd.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/peer.h"
#include "common/rec.h"
#include "praetord/session_table.h"

void
session_gate(struct session *se)
{
	struct sessions	*s = se->owner;
	int		 sv[2];

	if (se->gate == NULL || se->life != L_LIVE || se->peer == NULL)
		return;
	/* Its job waits at its port: the next gateway is another chance. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("session %llu: socket to the gateway",
		    (unsigned long long)se->number);
		return;
	}
	peer_send(se->peer, MSG_GATE_FD, 0, sv[1], NULL, 0);
	s->ops->gateway(s->arg, se->gate, sv[0]);
}

void
sessions_gateway(struct sessions *s)
{
	struct session	*se;

	TAILQ_FOREACH(se, &s->list, entry)
		session_gate(se);
}
