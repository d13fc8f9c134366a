using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>The status of an LLMAccess: what it should say, and whether that is news. The one writer of that status.</summary>
internal sealed class SecretProvisioningStatus
{
    private readonly LLMAccess _access;
    private readonly IReadOnlyList<Condition> _conditions;

    private SecretProvisioningStatus(SecretProvisioningFacts facts, IEnumerable<Condition> conditions, bool hasSecret, DateTimeOffset? last, DateTimeOffset? next, IReadOnlyList<string>? models)
    {
        _access = facts.Access;
        _conditions = Conditions.Merge(_access.Status?.Conditions, conditions, facts.Now);
        var desired = new LLMAccessStatus
        {
            ObservedGeneration = _access.Metadata.Generation,
            Conditions = _conditions,
            SecretRef = hasSecret ? new() { Name = _access.Spec.SecretName, Namespace = _access.Metadata.Namespace } : null,
            LastRotation = last,
            NextRotation = next,
            ProvisionedModels = models,
        };
        var body = Json(desired);
        Write = _access.Status is { } current && JsonNode.DeepEquals(Json(current), body) ? null : new(ObjectReference.To(CredentialKinds.LLMAccess, _access.Metadata), body);
    }

    /// <summary>The write that makes it so, or null when it is so.</summary>
    public StatusWrite? Write { get; }

    /// <summary>When to look again only to say something new.</summary>
    public DateTimeOffset? LookAgainAt { get; private init; }

    /// <summary>The condition's status or reason is not what the cluster has now: worth an Event.</summary>
    public bool Announces(string type)
    {
        var (old, now) = (Conditions.Find(_access.Status?.Conditions, type), Find(type));
        return now is not null && (old is null || old.Status != now.Status || old.Reason != now.Reason);
    }

    public Condition? Find(string type) => Conditions.Find(_conditions, type);

    public static SecretProvisioningStatus Denied(SecretProvisioningFacts facts, Finding denial) => new(facts,
        [
            Condition(facts, SecretProvisioningReasons.Ready, false, denial.Reason, denial.Message),
            Condition(facts, SecretProvisioningReasons.AccessGranted, false, denial.Reason, denial.Message),
            Condition(facts, SecretProvisioningReasons.CredentialProvisioned, false, denial.Reason, "No credential is handed out while access is not granted."),
        ],
        hasSecret: false, last: null, next: null, models: null);

    public static SecretProvisioningStatus HeldUp(SecretProvisioningFacts facts, Finding obstacle)
    {
        var kept = facts.Existing is { } existing && CredentialSecret.IsOwnedBy(existing.Metadata, facts.Access.Metadata) ? existing : null;
        return new(facts,
            [
                Condition(facts, SecretProvisioningReasons.Ready, false, obstacle.Reason, obstacle.Message),
                Granted(facts),
                Condition(facts, SecretProvisioningReasons.CredentialProvisioned, kept is not null, obstacle.Reason, kept is null ? obstacle.Message : $"Secret {facts.Access.Spec.SecretName} keeps the credential that it was last given."),
            ],
            hasSecret: kept is not null, last: kept?.RotatedAt, next: null, models: kept is null ? null : ProvisionedModels(facts));
    }

    public static SecretProvisioningStatus Provisioned(SecretProvisioningFacts facts, RotationSchedule schedule, DateTimeOffset rotatedAt)
    {
        var next = schedule.Next(rotatedAt, facts.Now);
        var overdue = next <= facts.Now;
        var message = $"Secret {facts.Access.Spec.SecretName} holds the current credential of LLMProvider {facts.Provider!.Metadata.Name}.";
        return new(facts,
            [
                Condition(facts, SecretProvisioningReasons.Ready, true, SecretProvisioningReasons.Provisioned, message),
                Granted(facts),
                Condition(facts, SecretProvisioningReasons.CredentialProvisioned, true, SecretProvisioningReasons.Provisioned, message),
                Rotation(facts, schedule, overdue),
            ],
            hasSecret: true, last: rotatedAt, next, ProvisionedModels(facts))
        {
            // Only a schedule that nobody carries out has to be watched from here: it turns overdue without any write.
            LookAgainAt = schedule is { Enabled: true, Strategy: ProviderRotation.ProviderApi } && !overdue ? next : null,
        };
    }

    private static Condition Rotation(SecretProvisioningFacts facts, RotationSchedule schedule, bool overdue)
    {
        if (!schedule.Enabled)
        {
            return Condition(facts, SecretProvisioningReasons.RotationScheduled, false, SecretProvisioningReasons.RotationDisabled, $"LLMProvider {facts.Provider!.Metadata.Name} does not enable spec.auth.apiKey.rotation.");
        }

        if (schedule.Strategy == ProviderRotation.ProviderApi)
        {
            var way = "rotation.strategy providerAPI asks for a key minted at the provider, which this version cannot do yet: replace the master key by hand and it is handed out at once, or set rotation.strategy: recreateSecret."
                + (schedule.Problem is { } also ? $" Besides: {also.Message}" : "");
            return overdue
                ? Condition(facts, SecretProvisioningReasons.RotationScheduled, false, SecretProvisioningReasons.RotationOverdue, $"The credential is older than {RotationSchedule.Describe(schedule.Interval)} and was not rotated: {way}")
                : Condition(facts, SecretProvisioningReasons.RotationScheduled, false, SecretProvisioningReasons.MintingNotAvailable, $"Rotation is due at status.nextRotation, but {way}");
        }

        return schedule.Problem is { } problem
            ? Condition(facts, SecretProvisioningReasons.RotationScheduled, true, problem.Reason, problem.Message)
            : Condition(facts, SecretProvisioningReasons.RotationScheduled, true, SecretProvisioningReasons.Scheduled, $"Every {RotationSchedule.Describe(schedule.Interval)} the Secret takes the current master key.");
    }

    private static Condition Granted(SecretProvisioningFacts facts) => Condition(facts, SecretProvisioningReasons.AccessGranted, true, SecretProvisioningReasons.Granted, $"LLMProvider {facts.Provider!.Metadata.Name} grants namespace {facts.Access.Metadata.Namespace} the models asked for.");

    private static IReadOnlyList<string>? ProvisionedModels(SecretProvisioningFacts facts) =>
        facts.Access.Spec.Models is { Count: > 0 } asked ? asked : facts.Provider!.Spec.AllowedModels is { Count: > 0 } allowed ? allowed : null;

    private static Condition Condition(SecretProvisioningFacts facts, string type, bool status, string reason, string message) => new()
    {
        Type = type,
        Status = status ? Conditions.True : Conditions.False,
        Reason = reason,
        Message = message,
        ObservedGeneration = facts.Access.Metadata.Generation,
    };

    private static JsonObject Json(LLMAccessStatus status)
    {
        var json = new JsonObject { ["observedGeneration"] = status.ObservedGeneration, ["conditions"] = ConditionJson.Array(status.Conditions) };
        if (status.SecretRef is { } secret)
        {
            json["secretRef"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["name"] = secret.Name, ["namespace"] = secret.Namespace };
        }

        if (status.LastRotation is { } last)
        {
            json["lastRotation"] = KubernetesTime.Format(last);
        }

        if (status.NextRotation is { } next)
        {
            json["nextRotation"] = KubernetesTime.Format(next);
        }

        if (status.ProvisionedModels is { Count: > 0 } models)
        {
            json["provisionedModels"] = new JsonArray([.. models.Select(m => (JsonNode)m)]);
        }

        return json;
    }
}
