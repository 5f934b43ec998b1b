// What the peers' statements are written from. It is written down once more beside the dataset's declaration on purpose:
// a peer that shared it would agree with a mistake in it.

/** Flags of target.md, rule 4, each with the words of a value that set it. */
export const classes: Readonly<Record<string, readonly string[]>> = {
  white: ['caucasian', 'white'],
  black: ['black'],
  asian: ['asian'],
  hispanic: ['hispanic', 'latino', 'afrolatinx'],
  middle_eastern: ['middleeastern'],
  native_american: ['nativeamerican', 'firstnations'],
  pacific_islander: ['pacificislander'],
  mixed: ['mixed'],
};

/** Target column → cluster table. */
export const clusters: Readonly<Record<string, string>> = {
  body_pose_cluster_256: 'ImagesBodyPoses3D256',
  body_pose_cluster_512: 'ImagesBodyPoses3D512',
  body_pose_cluster_768: 'ImagesBodyPoses3D768',
  hand_gesture_cluster_32: 'ImagesHandsGestures32',
  hand_gesture_cluster_64: 'ImagesHandsGestures64',
  hand_position_cluster_128: 'ImagesHandsPositions128',
  hsv_cluster: 'ImagesHSV',
};
