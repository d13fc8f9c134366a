namespace AgentWarden.SecretRotation;

/// <summary>Event reasons of rotation.</summary>
internal static class SecretRotationReasons
{
    /// <summary>The Secret took the current master key, on schedule.</summary>
    public const string CredentialRotated = "CredentialRotated";
}
