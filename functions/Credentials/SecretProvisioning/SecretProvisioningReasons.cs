namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>Condition types, reasons and Event reasons of provisioning, each with what it means.</summary>
internal static class SecretProvisioningReasons
{
    /// <summary>Condition: the access has its credential, and it is the current one.</summary>
    public const string Ready = "Ready";

    /// <summary>Condition: policy grants the access (provider, namespace, models).</summary>
    public const string AccessGranted = "AccessGranted";

    /// <summary>Condition: the Secret exists and holds a credential.</summary>
    public const string CredentialProvisioned = "CredentialProvisioned";

    /// <summary>Condition: the credential will be rotated at status.nextRotation.</summary>
    public const string RotationScheduled = "RotationScheduled";

    // Reasons of a grant and its refusals; see also AccessPolicy.
    public const string Granted = "Granted";
    public const string ProviderNotFound = "ProviderNotFound";
    public const string AuthTypeNotSupported = "AuthTypeNotSupported";
    public const string AuthBlockMissing = "AuthBlockMissing";

    // Reasons of provisioning and what holds it up; see also MasterKey.
    public const string Provisioned = "Provisioned";
    public const string SecretConflict = "SecretConflict";

    // Reasons of the schedule; see also RotationSchedule.
    public const string Scheduled = "Scheduled";
    public const string RotationDisabled = "RotationDisabled";
    public const string MintingNotAvailable = "MintingNotAvailable";
    public const string RotationOverdue = "RotationOverdue";

    // Events.
    public const string CredentialRotated = "CredentialRotated";
    public const string CredentialUpdated = "CredentialUpdated";
    public const string SecretRepaired = "SecretRepaired";
    public const string AccessRevoked = "AccessRevoked";
    public const string SecretRenamed = "SecretRenamed";
}
