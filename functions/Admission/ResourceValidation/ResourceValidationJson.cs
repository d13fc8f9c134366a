using System.Text.Json.Serialization;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>Reads objects that nobody has judged yet: a null where our model has none is a fault of the object here, and not of the code later.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LLMProvider))]
[JsonSerializable(typeof(LLMAccess))]
[JsonSerializable(typeof(MetadataOnly))]
internal sealed partial class ResourceValidationJson : JsonSerializerContext;
