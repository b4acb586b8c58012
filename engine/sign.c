/*
 * The key that checkpoints of the log are signed with.  Engine: made at the
 * first start, read by the copy that signs and kept by nobody.  Whoever has
 * the state directory has the key: a signature shows that a file came from
 * this daemon and was not changed since, to those who have the public half.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/err.h"
#include "engine/sign.h"

_Static_assert(SIGN_PUBLIC == crypto_sign_PUBLICKEYBYTES &&
    SIGN_BYTES == crypto_sign_BYTES, "the signature is Ed25519");

static int
key_fail(const char *path, const char *what, char *why, size_t size)
{
	int	 e = errno == 0 ? PRA_ECORRUPT : err_errno(errno);

	snprintf(why, size, "%s: %s", path, what);
	return (e);
}

/* The seed, which is all of the key. */
static int
key_read(const char *path, uint8_t seed[crypto_sign_SEEDBYTES], char *why,
    size_t size)
{
	struct stat	 st;
	ssize_t		 n = -1;
	int		 fd, e = 0;

	errno = 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (key_fail(path, strerror(errno), why, size));
	if (fstat(fd, &st) == -1 || (n = read(fd, seed,
	    crypto_sign_SEEDBYTES)) == -1)
		e = key_fail(path, strerror(errno), why, size);
	else if (n != crypto_sign_SEEDBYTES || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		e = key_fail(path, "is no key of this process's user that "
		    "nobody else can read; move it away", why, size);
	close(fd);
	return (e);
}

static int
key_make(const char *path, char *why, size_t size)
{
	uint8_t	 seed[crypto_sign_SEEDBYTES];
	int	 fd, e = 0;

	errno = 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return (key_fail(path, strerror(errno), why, size));
	randombytes_buf(seed, sizeof(seed));
	if (write(fd, seed, sizeof(seed)) != (ssize_t)sizeof(seed) ||
	    fsync(fd) == -1) {
		e = key_fail(path, strerror(errno), why, size);
		(void)unlink(path);
	}
	sodium_memzero(seed, sizeof(seed));
	close(fd);
	return (e);
}

int
sign_init(const char *dir, char *why, size_t size)
{
	char	 path[4200];

	if (sodium_init() == -1) {
		snprintf(why, size, "libsodium cannot be used here");
		return (PRA_EUNSUPPORTED);
	}
	snprintf(path, sizeof(path), "%s/%s", dir, SIGN_KEY);
	return (access(path, F_OK) == 0 ? 0 : key_make(path, why, size));
}

int
sign_text(const char *dir, const char *text, size_t n,
    uint8_t key[SIGN_PUBLIC], uint8_t signature[SIGN_BYTES], char *why,
    size_t size)
{
	uint8_t	 seed[crypto_sign_SEEDBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char	 path[4200];
	int	 e;

	snprintf(path, sizeof(path), "%s/%s", dir, SIGN_KEY);
	if ((e = key_read(path, seed, why, size)) == 0) {
		crypto_sign_seed_keypair(key, secret, seed);
		crypto_sign_detached(signature, NULL, (const uint8_t *)text, n,
		    secret);
	}
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(secret, sizeof(secret));
	return (e);
}
