/* JSON Web Tokens in compact form, "header.payload.signature" (HAProxy manual 7.3.1; RFC 7515, RFC 7518
 * section 3). */
#include "base/base64.h"
#include "base/buf.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "platform/platform.h"
#include "proxy/configuration.h"
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

enum jwt_answer { /* what jwt_verify gives */
                  JWT_GOOD = 1,
                  JWT_BAD = 0,
                  JWT_UNKNOWN_ALGORITHM = -1,
                  JWT_UNMANAGED_ALGORITHM = -2,
                  JWT_NO_TOKEN = -3,
                  JWT_NO_MEMORY = -4,
                  JWT_UNKNOWN_KEY = -5,
};

struct token {
    struct str header, payload, signature; /* as written */
    struct str signed_part;                /* header and payload with the dot between */
};

static bool split(struct str text, struct token *out)
{
    struct str rest = text;
    out->header = str_split(&rest, '.');
    if (!rest.data)
        return false;
    out->payload = str_split(&rest, '.');
    if (!rest.data || str_find_char(rest, '.') != STR_NOT_FOUND)
        return false;
    out->signature = rest;
    out->signed_part = str_slice(text, 0, out->header.size + 1 + out->payload.size);
    return out->header.size && out->payload.size;
}

static bool decode(struct str text, struct arena *arena, struct str *out)
{
    char *data = arena_alloc(arena, text.size + 4);
    size_t size = data ? base64_decode(text, data, text.size + 4, true) : STR_NOT_FOUND;
    *out = str_make(data, size);
    return size != STR_NOT_FOUND;
}

/* ---- header and payload ---- */

static bool check_query(struct sample_args *args, const char **error)
{
    return args->count < 2 || str_eq(args->list[1].text, STR("int")) ||
           conv_refuse(args, error, "output_type only supports \"int\" as argument");
}

static bool query(const struct sample_args *args, struct sample_context *context, struct sample *sample,
                  struct str part)
{
    struct str json, path = conv_text_arg(args, 0);
    if (!part.size || !decode(part, context->scratch, &json))
        return false;
    if (!path.size)
        return conv_give(sample, SAMPLE_STR, json);
    return conv_json_give(context, sample, json_path_find(json, path), args->count > 1);
}

static bool conv_jwt_header_query(const struct sample_args *args, struct sample_context *context,
                                  struct sample *sample)
{
    struct token token;
    return split(sample->u.text, &token) && query(args, context, sample, token.header);
}

static bool conv_jwt_payload_query(const struct sample_args *args, struct sample_context *context,
                                   struct sample *sample)
{
    struct token token;
    return split(sample->u.text, &token) && query(args, context, sample, token.payload);
}

/* ---- signatures ---- */

enum family { FAMILY_NONE, FAMILY_HS, FAMILY_RS, FAMILY_ES, FAMILY_PS, FAMILY_UNKNOWN };

struct algorithm {
    enum family family;
    const EVP_MD *digest;
};

static struct algorithm algorithm_of(struct str name)
{
    static const char *const families[] = { "", "HS", "RS", "ES", "PS" };
    struct algorithm unknown = { FAMILY_UNKNOWN, NULL };
    if (str_eq(name, STR("none")))
        return (struct algorithm){ FAMILY_NONE, NULL };
    struct str bits = str_from(name, 2);
    const EVP_MD *digest = str_eq(bits, STR("256"))   ? EVP_sha256()
                           : str_eq(bits, STR("384")) ? EVP_sha384()
                           : str_eq(bits, STR("512")) ? EVP_sha512()
                                                      : NULL;
    for (unsigned i = FAMILY_HS; i <= FAMILY_PS && digest; i++) {
        if (str_eq(str_slice(name, 0, 2), str_of(families[i])))
            return (struct algorithm){ (enum family)i, digest };
    }
    return unknown;
}

static enum jwt_answer verify_hmac(const EVP_MD *digest, struct str key, struct str text,
                                   struct str signature)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (key.size > INT32_MAX ||
        !HMAC(digest, key.data, (int)key.size, (const unsigned char *)text.data, text.size, hash, &size))
        return JWT_NO_MEMORY;
    return signature.size == size && CRYPTO_memcmp(hash, signature.data, size) == 0 ? JWT_GOOD : JWT_BAD;
}

/* The two numbers of an ECDSA signature, side by side, as DER (RFC 7518 section 3.4). NULL: they are none. */
static struct str to_der(struct str signature, size_t number_size, unsigned char **own)
{
    const unsigned char *data = (const unsigned char *)signature.data;
    *own = NULL;
    if (signature.size != 2 * number_size)
        return STR_NONE;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(data, (int)number_size, NULL),
           *s = BN_bin2bn(data + number_size, (int)number_size, NULL);
    int size = -1;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
        size = i2d_ECDSA_SIG(pair, own);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return size > 0 ? str_make((const char *)*own, (size_t)size) : STR_NONE;
}

static enum jwt_answer verify_key(EVP_PKEY *key, const struct algorithm *algorithm, struct str text,
                                  struct str signature)
{
    unsigned char *own = NULL;
    int wanted = algorithm->family == FAMILY_ES ? EVP_PKEY_EC : EVP_PKEY_RSA;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum jwt_answer answer = context ? JWT_BAD : JWT_NO_MEMORY;
    if (context && EVP_PKEY_get_base_id(key) == wanted) {
        if (wanted == EVP_PKEY_EC)
            signature = to_der(signature, ((size_t)EVP_PKEY_get_bits(key) + 7) / 8, &own);
        if (signature.size && EVP_DigestVerifyInit(context, NULL, algorithm->digest, NULL, key) == 1 &&
            EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.size,
                             (const unsigned char *)text.data, text.size) == 1)
            answer = JWT_GOOD;
    }
    OPENSSL_free(own);
    EVP_MD_CTX_free(context);
    return answer;
}

static enum jwt_answer verify_pem(struct str pem, const struct algorithm *algorithm, struct str text,
                                  struct str signature)
{
    BIO *bio = pem.size && pem.size <= INT32_MAX ? BIO_new_mem_buf(pem.data, (int)pem.size) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    enum jwt_answer answer = key ? verify_key(key, algorithm, text, signature) : JWT_UNKNOWN_KEY;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return answer;
}

/* A constant, or the text of a variable. */
static bool argument(const struct sample_args *args, unsigned i, struct sample_context *context,
                     struct str *out)
{
    struct sample value;
    *out = args->list[i].text;
    if (args->list[i].kind != ARG_VAR)
        return true;
    if (!conv_var(context, &args->list[i].var, &value) || !sample_cast(&value, SAMPLE_STR, context->scratch))
        return false;
    *out = value.u.text;
    return true;
}

static enum jwt_answer verify(const struct sample_args *args, struct sample_context *context, struct str text,
                              struct str algorithm_name, struct str key)
{
    const struct str *pem = args->own;
    struct algorithm algorithm = algorithm_of(algorithm_name);
    struct token token;
    struct str signature;
    if (algorithm.family == FAMILY_UNKNOWN)
        return JWT_UNKNOWN_ALGORITHM;
    if (algorithm.family == FAMILY_PS)
        return JWT_UNMANAGED_ALGORITHM;
    if (!split(text, &token))
        return JWT_NO_TOKEN;
    if (algorithm.family == FAMILY_NONE)
        return token.signature.size ? JWT_BAD : JWT_GOOD;
    if (!token.signature.size || !decode(token.signature, context->scratch, &signature))
        return JWT_NO_TOKEN;
    if (algorithm.family == FAMILY_HS)
        return verify_hmac(algorithm.digest, key, token.signed_part, signature);
    return pem ? verify_pem(*pem, &algorithm, token.signed_part, signature) : JWT_UNKNOWN_KEY;
}

static bool conv_jwt_verify(const struct sample_args *args, struct sample_context *context,
                            struct sample *sample)
{
    struct str algorithm, key;
    if (!argument(args, 0, context, &algorithm) || !argument(args, 1, context, &key))
        return false;
    *sample = sample_int(verify(args, context, sample->u.text, algorithm, key));
    return true;
}

static void make_variable(struct sample_arg *arg)
{
    const char *reason = NULL;
    if (var_name_parse(arg->text, &arg->var, &reason))
        arg->kind = ARG_VAR;
}

/* A public key's file is read with the configuration; one that is not there only shows when a token needs
 * it. */
static bool load_key(struct sample_args *args, const char **error)
{
    const struct configuration *configuration = args->parser->configuration;
    struct str *pem = arena_zero(args->parser->arena, sizeof(*pem));
    struct buf text = BUF_INIT;
    if (!pem)
        return conv_refuse(args, error, "out of memory");
    if (configuration && configuration->platform && args->list[1].kind != ARG_VAR &&
        configuration->platform->ops->file_read(configuration->platform, args->list[1].text.data, &text) ==
            IO_OK) {
        *pem = arena_copy(args->parser->arena, buf_str(&text));
        args->own = pem;
    }
    buf_finish(&text);
    return true;
}

static bool check_verify(struct sample_args *args, const char **error)
{
    make_variable(&args->list[0]);
    make_variable(&args->list[1]);
    struct algorithm algorithm = algorithm_of(args->list[0].text);
    if (args->list[0].kind != ARG_VAR && algorithm.family == FAMILY_UNKNOWN)
        return conv_refuse(args, error, "unknown JWT algorithm: %s", args->list[0].text.data);
    if (args->list[0].kind != ARG_VAR && algorithm.family == FAMILY_PS)
        return conv_refuse(args, error, "RSASSA-PSS JWS signing not managed yet");
    if (algorithm.family == FAMILY_HS || algorithm.family == FAMILY_NONE)
        return true;
    return load_key(args, error);
}

const struct converter_row conv_jwt_rows[] = {
    { "jwt_header_query", conv_jwt_header_query, "str?,str?", SAMPLE_BIN, SAMPLE_ANY, NULL, check_query },
    { "jwt_payload_query", conv_jwt_payload_query, "str?,str?", SAMPLE_BIN, SAMPLE_ANY, NULL, check_query },
    { "jwt_verify", conv_jwt_verify, "str,str", SAMPLE_BIN, SAMPLE_SINT, NULL, check_verify },
    { 0 },
};
