# libcommon.a: what two programs or more use.
COMMON_SRCS =	common/base64.c
COMMON_SRCS +=	common/buf.c
COMMON_SRCS +=	common/chain.c
COMMON_SRCS +=	common/confine.c
COMMON_SRCS +=	common/cron.c
COMMON_SRCS +=	common/ends.c
COMMON_SRCS +=	common/err.c
COMMON_SRCS +=	common/fdpass.c
COMMON_SRCS +=	common/fsm.c
COMMON_SRCS +=	common/host.c
COMMON_SRCS +=	common/glob.c
COMMON_SRCS +=	common/ids.c
COMMON_SRCS +=	common/imsg.c
COMMON_SRCS +=	common/log.c
COMMON_SRCS +=	common/metrics.c
COMMON_SRCS +=	common/peer.c
COMMON_SRCS +=	common/proto.c
COMMON_SRCS +=	common/quota.c
COMMON_SRCS +=	common/rec.c
COMMON_SRCS +=	common/rec_same.c
COMMON_SRCS +=	common/review.c
COMMON_SRCS +=	common/role.c
COMMON_SRCS +=	common/sha.c
COMMON_SRCS +=	common/spread.c
COMMON_SRCS +=	common/utf8.c
COMMON_SRCS +=	common/when.c
COMMON_SRCS +=	common/window.c
COMMON_SRCS +=	common/zone.c

COMMON_LIBS =	$(call pkg,libevent libbsd)

$(BUILD)/libcommon.a: $(patsubst %.c,$(BUILD)/%.o,$(COMMON_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^
