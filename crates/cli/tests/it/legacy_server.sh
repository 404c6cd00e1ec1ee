# A legacy server that asks, reports and waits. It writes down what it hears in the file $1.
say() { printf '%s\n' "$1"; }
answer() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}"; }
tool() { printf '{"name":"%s","inputSchema":%s}' "$1" "$2"; }
while IFS= read -r line; do
  printf '%s\n' "$line" >> "$1"
  id=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      answer '{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"logging":{}},"serverInfo":{"name":"asks","version":"1"}}' ;;
    *'"method":"logging/setLevel"'*) answer '{}' ;;
    *'"method":"tools/list"'*)
      empty='{"type":"object","properties":{}}'
      sized='{"type":"object","properties":{"size":{"type":"integer","description":"How large."}},"required":["size"]}'
      answer "{\"tools\":[$(tool ask "$empty"),$(tool wait "$empty"),$(tool grow "$sized")]}" ;;
    *'"name":"ask"'*)
      say '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Who are you?","requestedSchema":{"type":"object","properties":{"name":{"type":"string","minLength":2},"age":{"type":"integer","default":30},"nick":{"type":"string"},"colours":{"type":"array","items":{"anyOf":[{"const":"r","title":"Red"},{"const":"g","title":"Green"}]}}},"required":["name"]}}}'
      IFS= read -r told
      told=$(printf %s "$told" | sed 's/["\\]/\\&/g')
      answer "{\"content\":[{\"type\":\"text\",\"text\":\"$told\"}]}" ;;
    *'"name":"wait"'*)
      token=$(printf %s "$line" | sed -n 's/.*"progressToken":\([^,}]*\).*/\1/p')
      say '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","logger":"waiter","data":"I wait"}}'
      say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":$token,\"progress\":1,\"total\":4,\"message\":\"a quarter\"}}" ;;
    *'"name":"grow"'*) answer '{"content":[{"type":"text","text":"grown"}]}' ;;
    *'"id":'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"not here\"}}" ;;
  esac
done
