// Building and explaining tokens.
#import <RejoinKit/RJToken.h>

#include <stdlib.h>

#import "RJInternal.h"

enum { TOKEN_MAX = 4096 };

@implementation RJTokenOptions

@synthesize version = _version;
@synthesize appId = _appId;
@synthesize certificate = _certificate;
@synthesize channel = _channel;
@synthesize uid = _uid;
@synthesize issuedAt = _issuedAt;
@synthesize expire = _expire;
@synthesize salt = _salt;
@synthesize privileges = _privileges;

- (void)dealloc {
  RJ_RELEASE(_appId);
  RJ_RELEASE(_certificate);
  RJ_RELEASE(_channel);
  RJ_RELEASE(_privileges);
  RJ_SUPER_DEALLOC;
}

@end

// ---- what a token says

#define INFO ((const rj_token_info *)_info)

@implementation RJTokenInfo

RJ_NO_INIT

- (instancetype)initWithInfo:(const rj_token_info *)info {
  self = [super init];
  if (self != nil)
    _info = RJCopyBytes(info, sizeof *info);
  return self;
}

- (void)dealloc {
  free(_info);
  RJ_SUPER_DEALLOC;
}

- (BOOL)isValid {
  return INFO->valid == 1;
}

- (NSString *)reason {
  return RJText(INFO->reason);
}

- (NSInteger)signatureValid {
  return INFO->signature_valid;
}

- (NSInteger)version {
  return INFO->version;
}

- (NSString *)appId {
  return RJText(INFO->app_id);
}

- (NSString *)channel {
  return RJTextOrNil(INFO->channel);
}

- (NSString *)uid {
  return RJTextOrNil(INFO->uid);
}

- (int64_t)issuedAt {
  return INFO->issued_at;
}

- (int64_t)expiresAt {
  return INFO->expires_at;
}

- (NSDictionary *)privileges {
  NSMutableDictionary *privileges = [NSMutableDictionary dictionary];
  for (uint32_t i = 0; i < INFO->privileges_known && i < RJ_TOKEN_LIST; i++)
    [privileges setObject:[NSNumber numberWithLongLong:INFO->privileges_expire_at[i]]
                   forKey:[NSNumber numberWithUnsignedInt:INFO->privileges[i]]];
  return privileges;
}

@end

// ---- building and explaining

// What the library's texts call a part, and what it is called here.
static const RJArgumentName names[] = {
    {"version", "version"},
    {"app_id", "appId"},
    {"certificate", "certificate"},
    {"channel", "channel"},
    {"uid", "uid"},
    {"issued_at", "issuedAt"},
    {"expire", "expire"},
    {"salt", "salt"},
    {"privileges", "privileges"},
    {"privilege_count", "privileges"},
    {NULL, NULL},
};

static BOOL is_u32(NSNumber *number) {
  return [number doubleValue] >= 0 && [number doubleValue] <= UINT32_MAX;
}

// Up to `room` of them, which is one more than are allowed, so that the library says so.
static BOOL take_privileges(NSDictionary *wanted, rj_token_privilege *privileges, uint32_t room,
                            uint32_t *count, NSError **error) {
  *count = 0;
  for (NSNumber *privilege in wanted) {
    NSNumber *seconds = [wanted objectForKey:privilege];
    if (!is_u32(privilege) || !is_u32(seconds))
      return RJFail(
          error, RJStatusInvalidArgument, @"privileges",
          [NSString stringWithFormat:@"privileges: %@ for %@ s is none", privilege, seconds]);
    if (*count < room)
      privileges[(*count)++] =
          (rj_token_privilege){[privilege unsignedIntValue], [seconds unsignedIntValue]};
  }
  return YES;
}

@implementation RJToken

+ (NSString *)buildWithOptions:(RJTokenOptions *)options error:(NSError **)error {
  if (!RJCheckText([options appId], @"appId", RJStatusInvalidArgument, error) ||
      !RJCheckText([options certificate], @"certificate", RJStatusInvalidArgument, error) ||
      !RJCheckText([options channel], @"channel", RJStatusInvalidArgument, error) ||
      !RJCheckUid([options uid], error))
    return nil;
  rj_token_privilege privileges[RJ_TOKEN_LIST + 1] = {{RJ_PRIVILEGE_JOIN, 0}};
  uint32_t count = 1;
  if ([options privileges] != nil &&
      !take_privileges([options privileges], privileges, RJ_TOKEN_LIST + 1, &count, error))
    return nil;
  rj_token_options c = {
      .size = sizeof c,
      .version = (int32_t)[options version],
      .app_id = RJBytes([options appId]),
      .certificate = RJBytesOrEmpty([options certificate]),
      .channel = RJBytesOrEmpty([options channel]),
      .uid = (uint32_t)[options uid],
      .issued_at = [options issuedAt],
      .expire = [options expire],
      .salt = [options salt],
      .privileges = privileges,
      .privilege_count = count,
  };
  char text[TOKEN_MAX + 1];
  size_t length = 0;
  int32_t status = rj_token_build(&c, text, sizeof text, &length);
  if (status < 0) {
    RJFailAsLibrary(error, status, rj_runtime_error_text(NULL), names);
    return nil;
  }
  return RJText(text);
}

+ (RJTokenInfo *)inspect:(NSString *)token
             certificate:(NSString *)certificate
                 channel:(NSString *)channel
                     uid:(NSString *)uid
                     now:(int64_t)now
                   error:(NSError **)error {
  if (!RJCheckText(token, @"token", RJStatusInvalidArgument, error) ||
      !RJCheckText(certificate, @"certificate", RJStatusInvalidArgument, error) ||
      !RJCheckText(channel, @"channel", RJStatusInvalidArgument, error) ||
      !RJCheckText(uid, @"uid", RJStatusInvalidArgument, error))
    return nil;
  rj_token_info info = {.size = sizeof info};
  int32_t status = rj_token_inspect(RJBytesOrEmpty(token), RJBytes(certificate), RJBytes(channel),
                                    RJBytes(uid), now, &info);
  if (status < 0) {
    RJFailAsLibrary(error, status, rj_runtime_error_text(NULL), names);
    return nil;
  }
  return RJ_AUTORELEASE([[RJTokenInfo alloc] initWithInfo:&info]);
}

@end
