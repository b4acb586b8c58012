# praetor-gateway: hosts for sessions; links c-ares.
GATEWAY_SRCS =	gateway/address.c
GATEWAY_SRCS +=	gateway/body.c
GATEWAY_SRCS +=	gateway/conn.c
GATEWAY_SRCS +=	gateway/dial.c
GATEWAY_SRCS +=	gateway/dns.c
GATEWAY_SRCS +=	gateway/engine.c
GATEWAY_SRCS +=	gateway/flow.c
GATEWAY_SRCS +=	gateway/http.c
GATEWAY_SRCS +=	gateway/notes.c
GATEWAY_SRCS +=	gateway/session.c
GATEWAY_SRCS +=	gateway/tls.c

PROGS +=	praetor-gateway

$(BUILD)/libgateway.a: $(patsubst %.c,$(BUILD)/%.o,$(GATEWAY_SRCS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/praetor-gateway: $(BUILD)/gateway/main.o $(BUILD)/libgateway.a \
    $(BUILD)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(call pkg,libcares)

TESTS +=	tests/host_test
TESTS +=	tests/fuzz/host_fuzz
GATEWAY_TESTS =	tests/gate_address_test
GATEWAY_TESTS +=	tests/gate_http_test
GATEWAY_TESTS +=	tests/gate_proc_test
GATEWAY_TESTS +=	tests/gate_tls_test
GATEWAY_TESTS +=	tests/fuzz/http_fuzz
GATEWAY_TESTS +=	tests/fuzz/tls_fuzz
TESTS +=	$(GATEWAY_TESTS)
$(addprefix $(BUILD)/,$(GATEWAY_TESTS)): $(BUILD)/libgateway.a
$(addprefix $(BUILD)/,$(GATEWAY_TESTS)): TEST_LIBS = $(call pkg,libcares)
$(BUILD)/tests/gate_proc_test: | $(BUILD)/praetor-gateway
$(addprefix $(BUILD)/tests/fuzz/,host_fuzz http_fuzz tls_fuzz): \
    $(BUILD)/tests/recgen.o

SHTESTS +=	tests/sh/egress.t
SHTESTS +=	tests/sh/egress-user.t
SHTESTS +=	tests/sh/egress-limits.t
SHTESTS +=	tests/sh/egress-limits-user.t
