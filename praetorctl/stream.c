/*
 * praetorctl task trace, logs, diff and wait: what goes on until something is
 * over.  The text comes from what ran; out_raw() and out_text() see to it
 * that a terminal takes no orders from it.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/json.h"
#include "praetorctl/ctl.h"
#include "praetorctl/task.h"

#define LABEL_WIDTH	10

static void
print_trace(struct ctl *c, json_t *item)
{
	const json_t	*trace = json_object_get(item, "trace");

	if (trace == NULL)
		return;
	out_color(&c->out, "1");
	out_pad(&c->out, item_str(trace, "label"), LABEL_WIDTH);
	out_plain(&c->out, "1");
	if (out_width(&c->out, item_str(trace, "label")) >= LABEL_WIDTH)
		out_printf(&c->out, " ");
	out_text(&c->out, item_str(trace, "text"));
	out_printf(&c->out, "\n");
}

int
task_trace(struct ctl *c)
{
	if (!opt_given(c, "no-follow"))
		json_object_set_new(c->args, "follow", json_true());
	return (ctl_run(c, print_trace));
}

/* Bytes that are no text come in base64 beside it. */
static void
print_data(struct ctl *c, json_t *item)
{
	const char	*base64 = item_str(item, "data_base64");
	const json_t	*data = json_object_get(item, "data");
	struct buf	 b = { 0 };

	if (*base64 != '\0' && base64_decode(base64, &b) == 0)
		out_raw(&c->out, (char *)b.data, b.len);
	else if (json_is_string(data))
		out_raw(&c->out, json_string_value(data),
		    json_string_length(data));
	buf_free(&b);
}

static int
print_stream(struct ctl *c)
{
	int	 e = ctl_ask(c, c->cmd->command, c->args, print_data);

	out_raw_end(&c->out);
	return (ctl_result(c, e));
}

int
task_logs(struct ctl *c)
{
	return (print_stream(c));
}

int
task_diff(struct ctl *c)
{
	return (print_stream(c));
}

static void
print_waited(struct ctl *c, json_t *item)
{
	const char	*state = item_str(item, "state");

	out_text(&c->out, item_str(item, "task"));
	out_printf(&c->out, "  ");
	out_color(&c->out, view_color(state));
	out_text(&c->out, state);
	out_plain(&c->out, view_color(state));
	if (*item_str(item, "sentence") != '\0') {
		out_printf(&c->out, "  ");
		out_text(&c->out, item_str(item, "sentence"));
	}
	out_printf(&c->out, "\n");
}

int
task_wait(struct ctl *c)
{
	json_t	*list = json_array();
	int	 i;

	for (i = 0; i < c->argc; i++)
		json_array_append_new(list, json_string(c->argv[i]));
	json_object_set_new(c->args, "tasks", list);
	return (ctl_run(c, print_waited));
}
