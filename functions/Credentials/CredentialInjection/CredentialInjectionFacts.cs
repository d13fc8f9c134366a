
namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>All that the decision may know.</summary>
/// <param name="Pod">The pod as the API server sent it, JSON; most pods are never read further than their labels.</param>
/// <param name="Accesses">Every LLMAccess of the pod's namespace.</param>
internal readonly record struct CredentialInjectionFacts(ReadOnlyMemory<byte> Pod, IReadOnlyCollection<LLMAccess> Accesses);
