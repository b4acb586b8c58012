/*
 * Fuzzing of praetord.conf(5): any text as a configuration.  The first byte
 * chooses the mode.  Whatever is accepted must print as something that is
 * accepted too and prints the same; nothing that is refused may crash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "praetord/conf_parse.h"
#include "praetord/lex.h"
#include "tests/fuzz/fuzz.h"

static const char *const	 seeds[] = {
	"u",
	"ustate \"/srv/s\"\nsocket \"/run/p.sock\" mode 0660\n"
	    "libexec '/usr/libexec'\ncgroup delegated\nworktree copy\n"
	    "author \"a \\\"b\\\" \\\\\" email \"c\\td\"\n",
	"usessions max 8\ntasks max 9\nclients max 7\ntimeout 1h\n"
	    "verify timeout 30m\nidle 90s\noutput 64M\nretries 3\n"
	    "fetch interval 5m\nchange { files max 10 bytes max 1K }\n"
	    "cgroup delegated\nlimit {\nmemory 2G\npids 512; cpu 200%\n"
	    "files 4096\nfile-size 0\ntmp 512M\n}\n",
	"urepositories \"/a\" \"/b c\" # x\nsystem \"/usr\" /opt\n"
	    "system optional \"/etc/ssl\"\nlimit tmp 1M\nchange files max 1\n",
	"uagent \"x\" {\n\tcommand \"p\" \"-p\" \"{text}\" \"\"\n\tpty\n"
	    "\ttimeout 10m\n\tidle 2m\n}\n"
	    "agent y { shell \"echo \\\"it's\\\" \\\n; x\\n\" }\n",
	"upermit root task.* on \"web\"\npermit :root *\npermit * status\n"
	    "deny 12 task.cancel\npermit \":0\" events\n",
	"ucredential \"h\" ssh-key \"/k\" user \"git\" \\\n hostkey \"SHA256:"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN012\"\n"
	    "credential \"h\" token \"/t\" user u\n",
	"um = \"/srv/x\"\no = \"retries 3\"\nstate $m\n$o\n"
	    "include \"none.conf\"\n",
	"suser engine 1999990001 group 1999990005\n"
	    "user frontend \"1999990002\"\nuser reviewer 1999990003\n"
	    "user gateway 1999990004\negress allow \"*.a.example:443\" on w*\n"
	    "uids base 1900000000\nsystem \"/usr\"\n",
};

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	size_t	 n;

	if (i >= sizeof(seeds) / sizeof(seeds[0]))
		return (0);
	n = strlen(seeds[i]);
	FUZZ_ASSERT(n <= size);
	memcpy(out, seeds[i], n);
	return (n);
}

/* The configuration that a text means as it prints itself; NULL: refused. */
static char *
print_of(const char *text, size_t len, enum conf_mode mode, size_t *size)
{
	struct lex	*lx = lex_new();
	struct conf	*c;
	char		*out = NULL;
	FILE		*f;

	FUZZ_ASSERT(lx != NULL);
	lex_text(lx, "fuzz", text, len);
	if ((c = conf_parse(lx, "fuzz", mode)) != NULL) {
		FUZZ_ASSERT((f = open_memstream(&out, size)) != NULL);
		conf_print(f, c);
		fclose(f);
		conf_free(c);
	} else
		FUZZ_ASSERT(lex_errors(lx) > 0);
	lex_free(lx);
	return (out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum conf_mode	 mode;
	char		*first, *second;
	size_t		 n1, n2;
	static FILE	*quiet;		/* what is refused says so */

	if (size == 0)
		return (0);
	if (quiet == NULL && (quiet = fopen("/dev/null", "w")) != NULL)
		stderr = quiet;		/* descriptor 2 is the sanitizers' */
	mode = data[0] == 's' ? MODE_SYSTEM : MODE_USER;
	first = print_of((const char *)data + 1, size - 1, mode, &n1);
	if (first == NULL)
		return (0);
	second = print_of(first, n1, mode, &n2);
	FUZZ_ASSERT(second != NULL && n1 == n2 &&
	    memcmp(first, second, n1) == 0);
	free(first);
	free(second);
	return (0);
}
