using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.ProviderReconciliation;

/// <summary>The status of an LLMProvider: is its master credential usable, and how many accesses name it.</summary>
internal static class ProviderReconciliationDecision
{
    /// <summary>An unchanged credential is checked, and the check stamped, this often.</summary>
    private static readonly TimeSpan CheckEvery = TimeSpan.FromHours(24);

    public static Plan Decide(ProviderReconciliationFacts facts)
    {
        var provider = facts.Provider;
        if (provider.Metadata.DeletionTimestamp is not null)
        {
            return Plan.Nothing;
        }

        var fault = AuthFault(provider) ?? facts.Master.Check(provider);
        var conditions = Conditions.Merge(provider.Status?.Conditions, ConditionsOf(provider, fault), facts.Now);
        var old = Conditions.Find(provider.Status?.Conditions, ProviderReconciliationReasons.Ready);
        var news = old is null || old.Reason != conditions[0].Reason || old.Status != conditions[0].Status;
        var last = provider.Status?.LastCredentialCheck;
        var checkedAt = Conditions.Truncate(last is null || news || facts.MasterChanged || last + CheckEvery <= facts.Now || last > facts.Now ? facts.Now : last.Value);
        var desired = Json(new() { ObservedGeneration = provider.Metadata.Generation, Conditions = conditions, AccessCount = facts.AccessCount, LastCredentialCheck = checkedAt });
        var reference = ObjectReference.To(CredentialKinds.LLMProvider, provider.Metadata);
        return new(new Outcome.LookAgain(checkedAt + CheckEvery))
        {
            Status = provider.Status is { } current && JsonNode.DeepEquals(Json(current), desired) ? null : new(reference, desired),
            Notes = news && (fault is not null || old is not null) ? [new(reference, fault is null ? Note.Normal : Note.Warning, conditions[0].Reason, conditions[0].Message)] : [],
        };
    }

    private static Finding? AuthFault(LLMProvider provider) => provider.Spec.Auth switch
    {
        { Type: ProviderAuth.TypeApiKey, ApiKey.SecretRef: not null } => null,
        { Type: ProviderAuth.TypeApiKey } => new(ProviderReconciliationReasons.AuthBlockMissing, "spec.auth.type is apiKey, but spec.auth.apiKey.secretRef is missing. Add it."),
        var other => new(ProviderReconciliationReasons.AuthTypeNotSupported, $"spec.auth.type {other.Type} is not provisioned by this version. Use apiKey."),
    };

    private static IEnumerable<Condition> ConditionsOf(LLMProvider provider, Finding? fault)
    {
        var status = fault is null ? Conditions.True : Conditions.False;
        var reason = fault?.Reason ?? ProviderReconciliationReasons.CredentialFound;
        var message = fault?.Message ?? $"Secret {provider.Spec.Auth.ApiKey!.SecretRef!.Namespace}/{provider.Spec.Auth.ApiKey.SecretRef.Name} holds a key under \"{provider.Spec.Auth.ApiKey.SecretRef.Key}\".";
        foreach (var type in new[] { ProviderReconciliationReasons.Ready, ProviderReconciliationReasons.CredentialAvailable })
        {
            yield return new() { Type = type, Status = status, Reason = reason, Message = message, ObservedGeneration = provider.Metadata.Generation };
        }
    }

    private static JsonObject Json(LLMProviderStatus status)
    {
        var json = new JsonObject
        {
            ["observedGeneration"] = status.ObservedGeneration,
            ["conditions"] = ConditionJson.Array(status.Conditions),
            ["accessCount"] = status.AccessCount,
        };
        if (status.LastCredentialCheck is { } last)
        {
            json["lastCredentialCheck"] = KubernetesTime.Format(last);
        }

        return json;
    }
}
