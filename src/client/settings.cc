// SPDX-License-Identifier: Apache-2.0
#include "client/settings.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"

namespace forebay::sqs {
namespace {

constexpr int kAttemptsDefault = 3;
constexpr std::string_view kRegionOfEndpoints = "us-east-1";

Error configuration_error(std::string text) {
  return {.kind = ErrorKind::kConfiguration, .message = std::move(text)};
}

/// The first that says something.
template <class... Choice>
std::optional<std::string> first_of(const Choice&... choice) {
  std::optional<std::string> found;
  ((found = choice(), found.has_value()) || ...);
  return found;
}

std::optional<std::string> said(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Profiles read_shared_files(const Surroundings& surroundings) {
  const std::string home = surroundings.variable("HOME").value_or("");
  const auto text_of = [&](const char* variable, const char* usual) {
    const std::string path = surroundings.variable(variable).value_or(home + usual);
    return read_text(surroundings.files, path).value_or("");
  };
  return read_profiles(text_of("AWS_CONFIG_FILE", "/.aws/config"),
                       text_of("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"));
}

std::optional<std::string> endpoint_of_services(const Profiles& files, const ProfileKeys& profile) {
  const std::optional<std::string> name = find_key(profile, "services");
  if (!name) return std::nullopt;
  const auto found = files.services.find(*name);
  return found == files.services.end() ? std::nullopt : find_key(found->second, "sqs.endpoint_url");
}

std::optional<std::string> configured_endpoint(const Surroundings& surroundings,
                                               const Profiles& files, const ProfileKeys& profile) {
  if (says_true(
          first_of([&] { return surroundings.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); },
                   [&] { return find_key(profile, "ignore_configured_endpoint_urls"); }))) {
    return std::nullopt;
  }
  return first_of([&] { return surroundings.variable("AWS_ENDPOINT_URL_SQS"); },
                  [&] { return surroundings.variable("AWS_ENDPOINT_URL"); },
                  [&] { return endpoint_of_services(files, profile); },
                  [&] { return find_key(profile, "endpoint_url"); });
}

Result<int> attempts_of(const ClientOptions& options, const Surroundings& surroundings,
                        const ProfileKeys& profile) {
  int attempts = options.retry.max_attempts.value_or(kAttemptsDefault);
  const std::optional<std::string> text =
      options.retry.max_attempts
          ? std::nullopt
          : first_of([&] { return surroundings.variable("AWS_MAX_ATTEMPTS"); },
                     [&] { return find_key(profile, "max_attempts"); });
  if (text) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), attempts);
    if (error != std::errc() || end != text->data() + text->size()) attempts = 0;
  }
  if (attempts < 1) return configuration_error("The number of attempts must be 1 or more.");
  return attempts;
}

/// The profile that counts. A name that somebody chose must be there.
Result<void> choose_profile(const ClientOptions& options, const Surroundings& surroundings,
                            const Profiles& files, Settings& out) {
  const std::optional<std::string> chosen = first_of(
      [&] { return said(options.profile); }, [&] { return surroundings.variable("AWS_PROFILE"); });
  out.profile_name = chosen.value_or("default");
  const auto found = files.profiles.find(out.profile_name);
  if (found != files.profiles.end()) {
    out.profile = found->second;
  } else if (chosen) {
    return configuration_error(fmt::format(
        "There is no profile \"{}\" in the shared config and credentials files.", *chosen));
  }
  return {};
}

}  // namespace

Result<EndpointUrl> parse_endpoint(std::string_view url) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) {
    return configuration_error(
        fmt::format("The endpoint \"{}\" must begin with http:// or https://.", url));
  }
  std::string_view rest = url.substr(url.find("//") + 2);
  const size_t slash = rest.find('/');
  std::string_view host = rest.substr(0, slash);
  std::string_view path = slash == rest.npos ? std::string_view() : rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (host.empty() || url.find_first_of(" \t\r\n?#@") != url.npos) {
    return configuration_error(fmt::format(
        "The endpoint \"{}\" must be a scheme, a host and perhaps a port and a path.", url));
  }
  EndpointUrl endpoint{.url = fmt::format("{}://{}{}", tls ? "https" : "http", host, path),
                       .host = {},
                       .path = path.empty() ? "/" : std::string(path)};
  const std::string_view usual_port = tls ? ":443" : ":80";
  if (host.ends_with(usual_port)) host.remove_suffix(usual_port.size());
  endpoint.host = host;
  return endpoint;
}

std::string_view dns_suffix(std::string_view region) {
  if (region.starts_with("cn-")) return "amazonaws.com.cn";
  if (region.starts_with("us-isob-")) return "sc2s.sgov.gov";
  if (region.starts_with("us-iso-")) return "c2s.ic.gov";
  return "amazonaws.com";
}

Result<Settings> resolve_settings(const ClientOptions& options, const Surroundings& surroundings) {
  Settings settings;
  const Profiles files = read_shared_files(surroundings);
  TRY(choose_profile(options, surroundings, files, settings));
  const std::optional<std::string> region = first_of(
      [&] { return said(options.region); }, [&] { return surroundings.variable("AWS_REGION"); },
      [&] { return surroundings.variable("AWS_DEFAULT_REGION"); },
      [&] { return find_key(settings.profile, "region"); });
  std::optional<std::string> endpoint = said(options.endpoint_url);
  if (!endpoint) endpoint = configured_endpoint(surroundings, files, settings.profile);
  if (!region && !endpoint) {
    return configuration_error(
        "No region: give ClientOptions::region, AWS_REGION or the profile's region.");
  }
  settings.profiles = files.profiles;
  settings.region = region.value_or(std::string(kRegionOfEndpoints));
  TRY_ASSIGN(settings.endpoint,
             parse_endpoint(endpoint.value_or(
                 fmt::format("https://sqs.{}.{}", settings.region, dns_suffix(settings.region)))));
  TRY_ASSIGN(settings.max_attempts, attempts_of(options, surroundings, settings.profile));
  settings.ca_file = first_of([&] { return said(options.ca_file); },
                              [&] { return surroundings.variable("AWS_CA_BUNDLE"); },
                              [&] { return find_key(settings.profile, "ca_bundle"); })
                         .value_or("");
  if (!settings.ca_file.empty() && !read_text(surroundings.files, settings.ca_file)) {
    return configuration_error(fmt::format("The CA file {} cannot be read.", settings.ca_file));
  }
  return settings;
}

}  // namespace forebay::sqs
