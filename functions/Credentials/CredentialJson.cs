using System.Text.Json.Serialization;

namespace AgentWarden.Credentials;

/// <summary>Source-generated readers of our kinds: no reflection at start.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LLMProvider))]
[JsonSerializable(typeof(LLMAccess))]
internal sealed partial class CredentialJson : JsonSerializerContext;
