// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <optional>
#include <string>
#include <type_traits>

#include "base/base64.h"
#include "protocol/codec.h"
#include "protocol/error_table.h"
#include "protocol/escape.h"
#include "protocol/shape_members.h"

namespace forebay::protocol {
namespace {

constexpr std::string_view kJsonType = "application/x-amz-json-1.0";
constexpr std::string_view kXmlType = "text/xml";
constexpr std::string_view kMirrorType = "application/json";
constexpr std::string_view kXmlHead = "<?xml version=\"1.0\"?>";
constexpr std::string_view kXmlNamespace = " xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"";

// The one rule for what is left out, on every wire: an empty text, list or map is not written, but
// for the lists that `Member::always` names. So a receive without messages is {}, and a batch has
// only `Successful` when all went well and only `Failed` when nothing did: the recordings show no
// other form (contract 1.4 [S]; what AWS does when all entries fail is not recorded [?]).
template <class Collection>
bool is_present(const Collection& value) {
  return !value.empty();
}
bool is_present(bool) {
  return true;
}
bool is_present(int64_t) {
  return true;
}
template <class Value>
bool is_present(const std::optional<Value>& value) {
  return value.has_value();
}

/// Calls `visit(member, value)` for each member of `shape` that is to be written.
template <class Shape, class Visit>
auto when_present(const Shape& shape, Visit visit) {
  return [&shape, visit](const auto& member) {
    const auto& value = std::invoke(member.field, shape);
    if (member.spelling == Spelling::kNotEmpty) return;
    if (member.always || is_present(value)) visit(member, value);
  };
}

// ---- Size: so that a reply is written into one allocation ----

constexpr size_t kMarkupBytes = 64;  // about what surrounds one value: names, quotes, brackets

size_t size_of(std::string_view text) {
  return kMarkupBytes + text.size() + text.size() / 3;  // room for base64, or for many escapes
}
template <size_t N>
size_t size_of(const InlineText<N>& text) {
  return size_of(text.view());
}
size_t size_of(const std::string& text) {
  return size_of(std::string_view(text));
}
size_t size_of(bool) {
  return kMarkupBytes;
}
size_t size_of(int64_t) {
  return kMarkupBytes;
}
size_t size_of(const OptionalInt&) {
  return kMarkupBytes;
}
size_t size_of(const OptionalString& text) {
  return size_of(std::string_view(*text));
}

template <class Shape>
size_t size_of(const Shape& shape);

template <class Value>
size_t size_of(const std::pair<std::string, Value>& entry) {
  return kMarkupBytes + size_of(entry.first) + size_of(entry.second);
}
template <class Item>
size_t size_of(const std::vector<Item>& items) {
  size_t bytes = kMarkupBytes;
  for (const Item& item : items) bytes += size_of(item);
  return bytes;
}
template <class Shape>
size_t size_of(const Shape& shape) {
  size_t bytes = kMarkupBytes;
  for_each_member<Shape>(
      when_present(shape, [&](const auto&, const auto& value) { bytes += size_of(value); }));
  return bytes;
}

// ---- JSON: the AWS JSON shapes, and the mirror of the XML ----

class JsonWriter {
 public:
  /// `mirror`: maps are lists of name and value, and two members have other names (contract 1.5.5).
  JsonWriter(std::string& out, bool mirror) : out_(out), mirror_(mirror) {}

  template <class Shape>
  void object(const Shape& shape) {
    out_.push_back('{');
    bool first = true;
    for_each_member_in_json_order<Shape>(when_present(shape, [&](const auto& m, const auto& v) {
      separate(first);
      name(mirror_ ? m.mirror : m.json);
      value(v, m.key, m.spelling);
    }));
    out_.push_back('}');
  }

  /// Appends `"name":`.
  void name(std::string_view name) { out_.append("\"").append(name).append("\":"); }
  void text(std::string_view text) { append_json_string(out_, text); }

 private:
  void separate(bool& first) {
    if (!first) out_.push_back(',');
    first = false;
  }

  template <class Items, class Each>
  void list(const Items& items, Each each) {
    out_.push_back('[');
    bool first = true;
    for (const auto& item : items) {
      separate(first);
      each(item);
    }
    out_.push_back(']');
  }

  void value(bool v, std::string_view, Spelling) { out_.append(v ? "true" : "false"); }
  void value(int64_t v, std::string_view, Spelling) { out_.append(std::to_string(v)); }
  void value(const OptionalInt& v, std::string_view, Spelling) { out_.append(std::to_string(*v)); }
  void value(std::string_view v, std::string_view, Spelling) { text(v); }
  void value(const std::string& v, std::string_view, Spelling) { text(v); }
  template <size_t N>
  void value(const InlineText<N>& v, std::string_view, Spelling) {
    text(v);
  }
  void value(const OptionalString& v, std::string_view, Spelling spelling) {
    text(spelling == Spelling::kBase64 ? std::string_view(base64_encode(*v))
                                       : std::string_view(*v));
  }
  void value(const MessageAttributeValue& v, std::string_view, Spelling) { object(v); }

  void value(const std::vector<std::string>& v, std::string_view, Spelling spelling) {
    list(v, [&](const std::string& item) {
      if (spelling == Spelling::kIdOnly) out_.append("{\"Id\":");
      text(item);
      if (spelling == Spelling::kIdOnly) out_.push_back('}');
    });
  }

  template <class Value>
  void value(const std::vector<std::pair<std::string, Value>>& map, std::string_view key,
             Spelling) {
    if (mirror_) return mirrored_map(map, key);
    out_.push_back('{');
    bool first = true;
    for (const auto& [item_name, item] : map) {
      separate(first);
      text(item_name);
      out_.push_back(':');
      value(item, {}, Spelling::kPlain);
    }
    out_.push_back('}');
  }

  template <class Value>
  void mirrored_map(const std::vector<std::pair<std::string, Value>>& map, std::string_view key) {
    list(map, [&](const auto& entry) {
      out_.push_back('{');
      name(key);
      text(entry.first);
      out_.push_back(',');
      name("Value");
      value(entry.second, {}, Spelling::kPlain);
      out_.push_back('}');
    });
  }

  template <class Entry>
  void value(const std::vector<Entry>& v, std::string_view, Spelling) {
    list(v, [&](const Entry& entry) { object(entry); });
  }

  std::string& out_;
  bool mirror_;
};

// ---- XML ----

class XmlWriter {
 public:
  /// `action` replaces the leading '*' of element names.
  XmlWriter(std::string& out, std::string_view action) : out_(out), action_(action) {}

  /// Writes the members, not the element around them.
  template <class Shape>
  void content(const Shape& shape) {
    for_each_member<Shape>(when_present(shape, [&](const auto& m, const auto& value) {
      element(m.query, value, m.key, m.spelling);
    }));
  }

  void open(std::string_view name) { tag("<", name); }
  void close(std::string_view name) { tag("</", name); }
  void text(std::string_view name, std::string_view text) {
    open(name);
    append_xml_text(out_, text);
    close(name);
  }

 private:
  void tag(std::string_view bracket, std::string_view name) {
    out_.append(bracket);
    if (name.starts_with('*')) {
      out_.append(action_);
      name.remove_prefix(1);
    }
    out_.append(name).append(">");
  }

  void element(std::string_view name, bool v, std::string_view, Spelling) {
    text(name, v ? "true" : "false");
  }
  void element(std::string_view name, int64_t v, std::string_view, Spelling) {
    text(name, std::to_string(v));
  }
  void element(std::string_view name, const OptionalInt& v, std::string_view, Spelling) {
    text(name, std::to_string(*v));
  }
  void element(std::string_view name, std::string_view v, std::string_view, Spelling) {
    text(name, v);
  }
  void element(std::string_view name, const std::string& v, std::string_view, Spelling) {
    text(name, v);
  }
  template <size_t N>
  void element(std::string_view name, const InlineText<N>& v, std::string_view, Spelling) {
    text(name, v);
  }
  void element(std::string_view name, const OptionalString& v, std::string_view,
               Spelling spelling) {
    text(name, spelling == Spelling::kBase64 ? std::string_view(base64_encode(*v)) : *v);
  }
  void element(std::string_view name, const MessageAttributeValue& v, std::string_view, Spelling) {
    structure(name, v);
  }

  template <class Shape>
  void structure(std::string_view name, const Shape& shape) {
    open(name);
    content(shape);
    close(name);
  }

  void element(std::string_view name, const std::vector<std::string>& v, std::string_view,
               Spelling spelling) {
    for (const std::string& item : v) {
      if (spelling != Spelling::kIdOnly) {
        text(name, item);
        continue;
      }
      open(name);
      text("Id", item);
      close(name);
    }
  }

  template <class Value>
  void element(std::string_view name, const std::vector<std::pair<std::string, Value>>& map,
               std::string_view key, Spelling) {
    for (const auto& [item_name, item] : map) {
      open(name);
      text(key, item_name);
      element("Value", item, {}, Spelling::kPlain);
      close(name);
    }
  }

  template <class Entry>
  void element(std::string_view name, const std::vector<Entry>& v, std::string_view, Spelling) {
    for (const Entry& entry : v) structure(name, entry);
  }

  std::string& out_;
  std::string_view action_;
};

template <class Reply>
void write_xml(std::string& out, std::string_view action, std::string_view request_id,
               const Reply& reply) {
  XmlWriter xml(out, action);
  out.append(kXmlHead)
      .append("<")
      .append(action)
      .append("Response")
      .append(kXmlNamespace)
      .append(">");
  if constexpr (!std::is_same_v<Reply, EmptyReply>) {
    xml.open("*Result");
    const size_t start = out.size();
    xml.content(reply);
    if (out.size() > start) {
      xml.close("*Result");
    } else {
      out.back() = '/';
      out.push_back('>');
    }
  }
  xml.open("ResponseMetadata");
  xml.text("RequestId", request_id);
  xml.close("ResponseMetadata");
  xml.close("*Response");
}

template <class Reply>
void write_mirror(std::string& out, std::string_view action, std::string_view request_id,
                  const Reply& reply) {
  JsonWriter json(out, true);
  out.append("{\"").append(action).append("Response\":{");
  if constexpr (!std::is_same_v<Reply, EmptyReply>) {
    out.append("\"").append(action).append("Result\":");
    json.object(reply);
    out.push_back(',');
  }
  json.name("ResponseMetadata");
  out.push_back('{');
  json.name("RequestId");
  json.text(request_id);
  out.append("}}}");
}

// ---- Errors ----

std::string json_error(const ErrorRow& row, std::string_view message) {
  std::string out;
  JsonWriter json(out, false);
  out.push_back('{');
  json.name("__type");
  json.text(row.json_type);
  if (!message.empty()) {
    out.push_back(',');
    json.name("message");
    json.text(message);
  }
  out.push_back('}');
  return out;
}

std::string mirror_error(const ErrorRow& row, std::string_view request_id,
                         std::string_view message) {
  std::string out;
  JsonWriter json(out, true);
  out.append("{\"Error\":{");
  json.name("Code");
  json.text(row.query_code);
  out.push_back(',');
  json.name("Message");
  json.text(message);
  out.push_back(',');
  json.name("Type");
  json.text(row.sender_fault ? "Sender" : "Receiver");
  out.append("},");
  json.name("RequestId");
  json.text(request_id);
  out.push_back('}');
  return out;
}

std::string xml_error(const ErrorRow& row, std::string_view request_id, std::string_view message) {
  std::string out;
  XmlWriter xml(out, {});
  out.append(kXmlHead).append("<ErrorResponse").append(kXmlNamespace).append("><Error>");
  xml.text("Type", row.sender_fault ? "Sender" : "Receiver");
  xml.text("Code", row.query_code);
  xml.text("Message", message);
  out.append("<Detail/></Error>");
  xml.text("RequestId", request_id);
  out.append("</ErrorResponse>");
  return out;
}

/// The text a client reads; one differs between the protocols.
std::string_view message_of(Wire wire, const Error& error) {
  if (error.code != ErrorCode::kQueueDoesNotExist) return error.message;
  return wire == Wire::kJson ? "The specified queue does not exist."
                             : "The specified queue does not exist for this wsdl version.";
}

}  // namespace

template <class Reply>
EncodedReply encode_reply(Wire wire, std::string_view action, std::string_view request_id,
                          const Reply& reply) {
  EncodedReply encoded;
  if constexpr (!std::is_same_v<Reply, EmptyReply>)
    encoded.body.reserve(4 * kMarkupBytes + size_of(reply));
  switch (wire) {
    case Wire::kJson:
      encoded.content_type = kJsonType;
      if constexpr (!std::is_same_v<Reply, EmptyReply>)
        JsonWriter(encoded.body, false).object(reply);
      break;
    case Wire::kQuery:
      encoded.content_type = kXmlType;
      write_xml(encoded.body, action, request_id, reply);
      break;
    case Wire::kQueryJson:
      encoded.content_type = kMirrorType;
      write_mirror(encoded.body, action, request_id, reply);
      break;
  }
  return encoded;
}

/// Whether the client asked for Query's codes (x-amzn-query-mode) makes no difference here; what
/// AWS answers without that header is known from an emulator only [E].
EncodedReply encode_error(Wire wire, std::string_view request_id, const ErrorRow& row,
                          std::string_view message) {
  EncodedReply encoded;
  encoded.http_status = row.http_status;
  if (wire == Wire::kJson) {
    encoded.content_type = kJsonType;
    encoded.query_error =
        std::string(row.query_code) + (row.sender_fault ? ";Sender" : ";Receiver");
    encoded.body = json_error(row, message);
  } else if (wire == Wire::kQuery) {
    encoded.content_type = kXmlType;
    encoded.body = xml_error(row, request_id, message);
  } else {
    encoded.content_type = kMirrorType;
    encoded.body = mirror_error(row, request_id, message);
  }
  return encoded;
}

EncodedReply encode_error(Wire wire, std::string_view request_id, const Error& error) {
  const ErrorRow& row = error_row(error.code);
  if (error.code != ErrorCode::kMissingAction || wire == Wire::kJson) {
    return encode_error(wire, request_id, row, message_of(wire, error));
  }
  EncodedReply encoded;
  encoded.http_status = row.http_status;
  encoded.content_type = kXmlType;  // also for clients that asked for JSON (contract 1.5.4)
  encoded.body = "<UnknownOperationException/>";
  return encoded;
}

#define FOREBAY_INSTANTIATE(Reply) \
  template EncodedReply encode_reply<Reply>(Wire, std::string_view, std::string_view, const Reply&);
FOREBAY_FOR_EACH_REPLY(FOREBAY_INSTANTIATE)

}  // namespace forebay::protocol
