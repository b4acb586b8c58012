/*
 * The search for secrets: each rule finds its kind, where and on which line;
 * what only looks like one is left alone.  The examples are made here piece by
 * piece, so that this file holds none.
 */
#include "tests/tap.h"

#include <ctype.h>

#include "common/buf.h"
#include "reviewer/secrets.h"

#define FOUND_MAX	16

struct places {
	struct secret_found	 f[FOUND_MAX];
	size_t			 n;
};

static int
found(void *arg, const struct secret_found *f)
{
	struct places	*pl = arg;

	assert_true(pl->n < FOUND_MAX);
	pl->f[pl->n++] = *f;
	return (0);
}

static struct places
scan_bytes(const char *p, size_t n)
{
	struct scanner	*sc = scanner_new();
	struct places	 pl = { .n = 0 };

	assert_non_null(sc);
	assert_int_equal(secrets_scan(sc, p, n, found, &pl), 0);
	free(sc);
	return (pl);
}

static struct places
scan(const char *text)
{
	return (scan_bytes(text, strlen(text)));
}

static void
expect(const char *text, const char *rule)
{
	struct places	 pl = scan(text);

	if (rule == NULL && pl.n > 0)
		fail_msg("\"%.80s\" is taken for %s", text, pl.f[0].rule->name);
	if (rule != NULL && (pl.n != 1 ||
	    strcmp(pl.f[0].rule->name, rule) != 0))
		fail_msg("\"%.80s\": %zu found, not one %s", text, pl.n, rule);
}

/* Characters of all kinds, as random as a secret's. */
static const char	 mixed[] =
    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5BtXo1WvMiCzPrDyEhGsFuAlOj0I"
    "r9Wb4TzHq7Lk2XvNc6Pg8Rf3YdMj5SuEa1QwBtKo0ZxCiVhGyJpDnUmLsFeAlOI";

/* A secret of a rule: its prefix and `n` characters of its set. */
static void
example(char *out, size_t size, const struct secret_rule *r, size_t n)
{
	static const char	 awsset[] = "QWERTYUIOPASDFGHJKLZXCVBNM234567";
	static const char	 hexset[] = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
	    "0123456789abcdef0123456789abcdef";
	size_t			 i, k = strlen(r->prefix);

	assert_true(k + n + 1 <= size);
	memcpy(out, r->prefix, k);
	for (i = 0; i < n; i++)
		out[k + i] = r->set == 0x01 ? hexset[i % 64] :
		    r->set == 0x02 ? awsset[i * 7 % 32] :
		    r->set == 0x04 ? (char)toupper((unsigned char)
		    mixed[i % 120]) : mixed[i % 120];
	out[k + n] = '\0';
}

static void
test_tokens(void **state)
{
	const struct secret_rule	*r;
	char				 text[2048], other[2100];
	size_t				 i, tried = 0;

	(void)state;
	for (i = 0; (r = secret_row(i)) != NULL; i++) {
		assert_true(strlen(r->prefix) >= 2);
		assert_true(r->cls == RVC_SECRET || r->cls == RVC_MAYBE);
		if (r->cls != RVC_SECRET || r->least == 0 || r->fold)
			continue;
		tried++;
		example(text, sizeof(text), r, r->least);
		expect(text, r->name);
		snprintf(other, sizeof(other), "x = \"%s\";\n", text);
		expect(other, r->name);
		/* In the middle of a word it is none; cut short it is none. */
		if (isalnum((unsigned char)r->prefix[0])) {
			snprintf(other, sizeof(other), "x%s", text);
			expect(other, NULL);
		}
		text[strlen(text) - 1] = '\0';
		expect(text, NULL);
		/* Nothing but one character is a placeholder. */
		memset(text + strlen(r->prefix), '2', r->least);
		text[strlen(r->prefix) + r->least] = '\0';
		expect(text, NULL);
	}
	assert_true(tried > 30);
}

static void
test_pem(void **state)
{
	static const char *const	 labels[] = { "PRIVATE KEY",
	    "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY",
	    "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK" };
	static const char *const	 none[] = { "PUBLIC KEY",
	    "CERTIFICATE", "PRIVATE KEYS", "RSA PUBLIC KEY",
	    "PGP PUBLIC KEY BLOCK", "SSH2 PUBLIC KEY" };
	char				 text[1000];
	struct places			 pl;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		snprintf(text, sizeof(text), "a\nb\n-----BEGIN %s-----\n"
		    "Proc-Type: 4,ENCRYPTED\n\n%.64s\n-----END %s-----\n",
		    labels[i], mixed, labels[i]);
		expect(text, "private-key");
		pl = scan(text);
		assert_int_equal(pl.f[0].line, 3);
		/* In a JSON string. */
		snprintf(text, sizeof(text), "{\"k\":\"-----BEGIN %s-----"
		    "\\n%.64s\\n\"}", labels[i], mixed);
		expect(text, "private-key");
		/* A program that reads keys names the header only. */
		snprintf(text, sizeof(text), "if (line == \"-----BEGIN %s"
		    "-----\") { read_the_key_that_is_in_the_file(); }",
		    labels[i]);
		expect(text, NULL);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		snprintf(text, sizeof(text), "-----BEGIN %s-----\n%.64s\n",
		    none[i], mixed);
		expect(text, NULL);
	}
	expect("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"
	    "Comment: x\nPublic-Lines: 2\nAAAA\nPrivate-Lines: 1\n",
	    "putty-key");
	expect("PuTTY-User-Key-File-3: what follows is documentation", NULL);
}

/* Keyword, separator, so many characters of a value, and what follows. */
struct assigned {
	const char	*before;
	int		 n;
	const char	*after;
};

static void
assigned(const struct assigned *a, int is)
{
	char		 text[400];
	struct places	 pl;

	snprintf(text, sizeof(text), "%s%.*s%s", a->before, a->n, mixed,
	    a->after);
	pl = scan(text);
	if (pl.n != (size_t)is)
		fail_msg("%zu in: %s", pl.n, text);
}

static void
test_assigned(void **state)
{
	static const struct assigned	 yes[] = {
		{ "aws_secret_access_key = ", 40, "\n" },
		{ "AWS_SECRET_ACCESS_KEY=\"", 40, "\"" },
		{ "\"SecretAccessKey\": \"", 40, "\"," },
		{ "const api_key = '", 40, "';" },
		{ "API-Key: ", 40, "\n" },
		{ "client_secret_of_the_app: \"", 32, "\"" },
		{ "PASSWORD=", 33, "\n" }, { "PASSWORD=", 33, "" },
		{ "token := `", 64, "`" }, { "\"apiKey\" : \"", 50, "\"" },
		{ "'token' => '", 40, "'" }, { "TOKEN=", 40, "\r\n" },
		{ "curl -H 'Authorization: Bearer ", 60, "'" },
		{ "postgres://admin:", 20, "@db.example.org/x" }
	};
	static const struct assigned	 no[] = {
		{ "token = ", 31, "\n" }, { "token = ", 40, " + more" },
		{ "token ", 40, "\n" }, { "tokens(\"", 40, "\")" },
		{ "id = \"", 40, "\"" }, { "token > \"", 40, "\"" },
		{ "bearer ", 20, "" }, { "https://user:", 8, "@host" },
		{ "https://host/", 40, "@2x" },
		{ "the secret is \"", 40, "\"" }
	};
	size_t				 i;
	char				 text[60];

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assigned(&yes[i], 1);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assigned(&no[i], 0);
	expect("token = \"0123456789abcdef0123456789abcdef01234567\"", NULL);
	expect("password: \"correct-horse-battery-staple-and-more\"", NULL);
	expect("secret_key_base: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
	    NULL);
	expect("url: https://user:password@localhost/", NULL);
	snprintf(text, sizeof(text), "AKIA%s", "IOSFODNN7EXAMPLE");
	expect(text, NULL);		/* of Amazon's manual */
}

static void
test_places(void **state)
{
	struct places	 pl;
	char		 text[600], token[80];

	(void)state;
	snprintf(token, sizeof(token), "%s%.36s", "ghp_", mixed);
	snprintf(text, sizeof(text), "one\n%s\n\n\n  %s%s%s", token, "AK",
	    "IA", "QWERTYUIOPASDFGH\nend");
	pl = scan(text);
	assert_int_equal(pl.n, 2);
	assert_int_equal(pl.f[0].line, 2);
	assert_int_equal(pl.f[0].at, 4);
	assert_int_equal(pl.f[0].len, 40);
	assert_int_equal(pl.f[1].line, 5);
	assert_string_equal(pl.f[1].rule->name, "aws-access-key");
	/* At the very end, and with bytes of any kind around. */
	snprintf(text, sizeof(text), "%c\377\n%s", 0, token);
	pl = scan_bytes(text, 0);
	assert_int_equal(pl.n, 0);
	memcpy(text, "\0\377\n", 3);
	memcpy(text + 3, token, 40);
	pl = scan_bytes(text, 43);
	assert_int_equal(pl.n, 1);
	assert_int_equal(pl.f[0].line, 2);
	pl = scan_bytes(text, 42);
	assert_int_equal(pl.n, 0);
}

static int
stop(void *arg, const struct secret_found *f)
{
	(void)f;
	return (++*(int *)arg);
}

static void
test_stop(void **state)
{
	struct scanner	*sc = scanner_new();
	char		 text[200];
	int		 n = 0;

	(void)state;
	snprintf(text, sizeof(text), "%s%.36s %s%.36s", "ghp_", mixed, "gho_",
	    mixed);
	assert_int_equal(secrets_scan(sc, text, strlen(text), stop, &n), 1);
	assert_int_equal(n, 1);
	free(sc);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_assigned),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_stop),
	};

	return (tap_run(tests));
}
